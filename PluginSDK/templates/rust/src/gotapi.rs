// Swift GotAPI · SPDX-License-Identifier: MIT

//! The Rust layer over gotapi_plugin.h, ABI 1.0: owners for messages and subscriptions, and a border that no panic
//! crosses. It covers what most plug-ins need; that header says what each function does. Callbacks run on one thread,
//! one after another. From any thread: `Host` but for its timers, `Message`, `Subscription`.

#![allow(dead_code)]

use crate::abi::{Constant, Descriptor, HostText, Status, Table};
use std::ffi::c_void;
use std::ops::RangeInclusive;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::{mem, ptr, slice, str};

pub const FLAG_EXCLUSIVE: u32 = 1;
pub const FLAG_REPLAYABLE: u32 = 2;
pub const LOG_INFO: u32 = 2;
pub const LOG_ERROR: u32 = 5;

/// The text that `read` finds. It must outlive `'a`: the callers say why it does.
unsafe fn text<'a>(read: impl FnOnce(*mut *const u8, *mut u64) -> Status) -> Option<&'a str> {
    let (mut bytes, mut length) = (ptr::null(), 0);
    match read(&mut bytes, &mut length) {
        0 if length == 0 => Some(""),
        0 => str::from_utf8(slice::from_raw_parts(bytes, length as usize)).ok(),
        _ => None,
    }
}

/// The gateway's side.
#[derive(Clone, Copy)]
pub struct Host(&'static Table);

// The table stays as it is until the process ends, and its functions check their thread themselves.
unsafe impl Send for Host {}
unsafe impl Sync for Host {}

impl Host {
    pub fn log(self, level: u32, line: &str) {
        (self.0.log)(self.0, level, line.as_ptr(), line.len() as u64);
    }

    /// The owner's `config` for this plug-in, as JSON.
    pub fn config(self) -> String {
        self.copy(self.0.config)
    }

    /// A folder of the plug-in's own, kept across updates.
    pub fn data_directory(self) -> String {
        self.copy(self.0.data_directory)
    }

    /// The folder that the library came in, or empty.
    pub fn resource_directory(self) -> String {
        self.copy(self.0.resource_directory)
    }

    fn copy(self, read: HostText) -> String {
        unsafe { text(|bytes, length| read(self.0, bytes, length)) }.unwrap_or("").to_owned()
    }

    /// Has `on_timer` called with `user` after `delay` milliseconds, and where `interval` is not 0 again and again.
    /// On the plug-in thread.
    pub fn start_timer(self, delay: u64, interval: u64, user: usize) -> Result<u64, Status> {
        let mut timer = 0;
        match (self.0.start_timer)(self.0, delay, interval, user as *mut c_void, &mut timer) {
            0 => Ok(timer),
            status => Err(status),
        }
    }

    /// On the plug-in thread.
    pub fn stop_timer(self, timer: u64) -> Status {
        (self.0.stop_timer)(self.0, timer)
    }

    /// Has `on_call` called with `user` on the plug-in thread.
    pub fn call_on_plugin_thread(self, user: usize) -> Status {
        (self.0.call_on_plugin_thread)(self.0, user as *mut c_void)
    }
}

/// A message that awaits its answer, and one reference to it. Move it to where it will be answered. Dropped without an
/// answer, it lets the application have an error at once (code 1).
pub struct Message {
    host: Host,
    handle: u64,
}

impl Message {
    /// What `on_expired` names.
    pub fn handle(&self) -> u64 {
        self.handle
    }

    /// "get", "post", "put" or "delete"
    pub fn method(&self) -> &str {
        // This text and those below live as long as the reference that `self` owns.
        unsafe { text(|bytes, length| (self.host.0.method)(self.host.0, self.handle, bytes, length)) }.unwrap_or("")
    }

    pub fn profile(&self) -> &str {
        self.field(1)
    }

    pub fn attribute(&self) -> &str {
        self.field(2)
    }

    /// GOTAPI_FIELD_…: 0 the service, 3 the application's origin, 4 an id that stays the same for its client.
    pub fn field(&self, field: u32) -> &str {
        unsafe { text(|bytes, length| (self.host.0.field)(self.host.0, self.handle, field, bytes, length)) }
            .unwrap_or("")
    }

    /// None where the request has no such parameter, which is not the same as an empty one.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let (host, length) = (self.host.0, name.len() as u64);
        unsafe { text(|to, size| (host.parameter)(host, self.handle, name.as_ptr(), length, to, size)) }
    }

    /// A number that must be there and in the range; the error is a sentence for the application.
    pub fn number<T>(&self, name: &str, range: RangeInclusive<T>) -> Result<T, String>
    where
        T: str::FromStr + PartialOrd + std::fmt::Display,
    {
        let value = self.parameter(name).ok_or_else(|| format!("The parameter `{name}` is required."))?;
        match value.parse() {
            Ok(number) if !value.starts_with('+') && range.contains(&number) => Ok(number),
            _ => Err(format!("The parameter `{name}` must be a number from {} to {}.", range.start(), range.end())),
        }
    }

    /// Is the request repeated to create a subscription again? Then start the events, but repeat no command.
    pub fn is_replay(&self) -> bool {
        let mut replay = 0;
        (self.host.0.is_replay)(self.host.0, self.handle, &mut replay) == 0 && replay != 0
    }

    /// Lets this request's client be pushed to. Before the answer.
    pub fn subscribe(&self) -> Result<Subscription, Status> {
        let mut handle = 0;
        match (self.host.0.subscribe)(self.host.0, self.handle, &mut handle) {
            0 => Ok(Subscription { host: self.host, handle }),
            status => Err(status),
        }
    }

    /// The one answer.
    pub fn answer(self, members: Members) -> Status {
        let json = members.json();
        (self.host.0.return_message)(self.host.0, self.handle, json.as_ptr(), json.len() as u64)
    }

    /// The one answer, an error: a number above 0 and a sentence for people.
    pub fn answer_error(self, result: i64, sentence: &str) -> Status {
        self.answer(Members::new().integer("result", result).text("errorMessage", sentence))
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        (self.host.0.release)(self.host.0, self.handle);
    }
}

/// The right to push to one client in the name of one of its requests. Ends when it is dropped.
pub struct Subscription {
    host: Host,
    handle: u64,
}

impl Subscription {
    /// What `on_unsubscribed` names.
    pub fn handle(&self) -> u64 {
        self.handle
    }

    pub fn push(&self, members: Members) -> Status {
        let json = members.json();
        (self.host.0.push_message)(self.host.0, self.handle, json.as_ptr(), json.len() as u64)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        (self.host.0.release)(self.host.0, self.handle);
    }
}

/// A JSON object under construction.
#[derive(Clone, Default)]
pub struct Members(String);

impl Members {
    pub fn new() -> Members {
        Members::default()
    }

    pub fn text(mut self, name: &str, value: &str) -> Members {
        self.begin(name);
        quote(&mut self.0, value);
        self
    }

    pub fn integer(self, name: &str, value: i64) -> Members {
        self.value(name, &value.to_string())
    }

    /// null for infinities and NaN, which JSON does not have.
    pub fn number(self, name: &str, value: f64) -> Members {
        self.value(name, &if value.is_finite() { format!("{value:?}") } else { "null".to_owned() })
    }

    pub fn boolean(self, name: &str, value: bool) -> Members {
        self.value(name, if value { "true" } else { "false" })
    }

    pub fn object(self, name: &str, members: Members) -> Members {
        self.value(name, &members.json())
    }

    /// A JSON value that is there already; the gateway checks it.
    pub fn value(mut self, name: &str, json: &str) -> Members {
        self.begin(name);
        self.0.push_str(json);
        self
    }

    fn begin(&mut self, name: &str) {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        quote(&mut self.0, name);
        self.0.push(':');
    }

    fn json(self) -> String {
        if self.0.is_empty() {
            "{}".to_owned()
        } else {
            self.0 + "}"
        }
    }
}

fn quote(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            '\0'..='\x1f' => json.push_str(&format!("\\u{:04x}", character as u32)),
            _ => json.push(character),
        }
    }
    json.push('"');
}

/// What a plug-in implements. A panic that leaves one of these is logged; a message that it took along unanswered gets
/// an error. `drop` closes the device and ends the plug-in's own threads, within 2 s.
pub trait Plugin: Sized {
    /// Opens the device, within 10 s. The error, a sentence for the log: not started.
    fn start(host: Host) -> Result<Self, String>;
    /// A request.
    fn on_message(&mut self, message: Message);
    /// Nobody listens to this subscription any more.
    fn on_unsubscribed(&mut self, _subscription: u64, _reason: u32) {}
    /// A message that is still held can no longer be answered: drop it.
    fn on_expired(&mut self, _message: u64) {}
    fn on_timer(&mut self, _user: usize) {}
    fn on_call(&mut self, _user: usize) {}
}

impl Descriptor {
    /// `texts`: id, name, version, vendor, services.
    pub const fn new<P: Plugin>(flags: u32, texts: [&'static str; 5]) -> Descriptor {
        let [id, name, version, vendor, services] = texts;
        let id = Constant::new(id);
        let (name, version) = (Constant::new(name), Constant::new(version));
        let (vendor, services) = (Constant::new(vendor), Constant::new(services));
        Descriptor {
            size: mem::size_of::<Descriptor>() as u32,
            flags,
            texts: [id, name, version, vendor, services],
            context: ptr::null(),
            start: start::<P>,
            stop: stop::<P>,
            defaults: [ptr::null(); 3],
            on_message: on_message::<P>,
            on_unsubscribed: on_unsubscribed::<P>,
            on_message_expired: on_message_expired::<P>,
            on_timer: on_timer::<P>,
            on_call: on_call::<P>,
            get_extension: ptr::null(),
        }
    }
}

/// Runs what the plug-in wrote. Nothing is thrown through here.
fn guarded<Result>(host: Host, place: &str, body: impl FnOnce() -> Result) -> Option<Result> {
    let panic = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => return Some(result),
        Err(panic) => panic,
    };
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
    host.log(LOG_ERROR, &format!("{place}: {text}"));
    None
}

/// What `self` points to at the border: made by start, freed by stop.
struct Instance<P> {
    host: Host,
    plugin: P,
}

/// The callbacks come on one thread, one after another, between start and stop: there is no other reference.
fn with<P: Plugin>(own: *mut c_void, place: &str, body: impl FnOnce(&mut P, Host)) {
    let Instance { host, plugin } = unsafe { &mut *own.cast::<Instance<P>>() };
    guarded(*host, place, || body(plugin, *host));
}

extern "C" fn start<P: Plugin>(_: *mut c_void, table: *const Table, own: *mut *mut c_void) -> Status {
    // The table stays until the process ends.
    let host = Host(unsafe { &*table });
    if host.0.size as usize != mem::size_of::<Table>() {
        return 10; // GOTAPI_UNSUPPORTED
    }
    match guarded(host, "start", || P::start(host)) {
        Some(Ok(plugin)) => {
            unsafe { *own = Box::into_raw(Box::new(Instance { host, plugin })).cast() };
            return 0;
        }
        Some(Err(sentence)) => host.log(LOG_ERROR, &format!("start: {sentence}")),
        None => {}
    }
    11 // GOTAPI_FAILED
}

extern "C" fn stop<P: Plugin>(own: *mut c_void) {
    let instance = unsafe { Box::from_raw(own.cast::<Instance<P>>()) };
    guarded(instance.host, "stop", move || drop(instance.plugin));
}

extern "C" fn on_message<P: Plugin>(own: *mut c_void, handle: u64) {
    with::<P>(own, "on_message", |plugin: &mut P, host| {
        if (host.0.retain)(host.0, handle) == 0 {
            plugin.on_message(Message { host, handle });
        }
    });
}

extern "C" fn on_unsubscribed<P: Plugin>(own: *mut c_void, subscription: u64, reason: u32) {
    with::<P>(own, "on_unsubscribed", |plugin: &mut P, _| plugin.on_unsubscribed(subscription, reason));
}

extern "C" fn on_message_expired<P: Plugin>(own: *mut c_void, message: u64) {
    with::<P>(own, "on_expired", |plugin: &mut P, _| plugin.on_expired(message));
}

extern "C" fn on_timer<P: Plugin>(own: *mut c_void, _: u64, user: *mut c_void, status: Status) {
    if status == 0 {
        with::<P>(own, "on_timer", |plugin: &mut P, _| plugin.on_timer(user as usize));
    }
}

extern "C" fn on_call<P: Plugin>(own: *mut c_void, user: *mut c_void, status: Status) {
    if status == 0 {
        with::<P>(own, "on_call", |plugin: &mut P, _| plugin.on_call(user as usize));
    }
}

/// Writes the note, the descriptor and the entry of a plug-in: once in a library.
/// `gotapi_plugin!(Type, flags, [id, name, version, vendor, services])`, the services being a JSON array.
#[macro_export]
macro_rules! gotapi_plugin {
    ($plugin:ty, $flags:expr, $texts:expr) => {
        #[used]
        #[link_section = ".note.gotapi"]
        static GOTAPI_NOTE: $crate::abi::Note = $crate::abi::Note::new($texts[0], $flags);

        static GOTAPI_PLUGIN: $crate::abi::Descriptor = $crate::abi::Descriptor::new::<$plugin>($flags, $texts);

        #[no_mangle]
        pub extern "C" fn gotapi_plugin_entry(major: u32, _minor: u32) -> *const $crate::abi::Descriptor {
            if major == 1 {
                &GOTAPI_PLUGIN
            } else {
                std::ptr::null()
            }
        }
    };
}
