// Swift GotAPI · SPDX-License-Identifier: MIT

//! Attribute "panic": a panic leaves a callback, against the rules.

use std::ffi::c_void;
use std::ptr::null;
use std::sync::atomic::{AtomicPtr, Ordering};

#[repr(C)]
struct Note {
    owner_size: u32,
    descriptor_size: u32,
    kind: u32,
    owner: [u8; 8],
    abi_major: u32,
    abi_minor: u32,
    flags: u32,
    reserved: u32,
    id: [u8; 64],
}

const ID: &str = "com.example.panics";

const fn padded(text: &str) -> [u8; 64] {
    let mut bytes = [0; 64];
    let mut index = 0;
    while index < text.len() {
        bytes[index] = text.as_bytes()[index];
        index += 1;
    }
    bytes
}

#[used]
#[link_section = ".note.gotapi"]
static NOTE: Note = Note {
    owner_size: 7,
    descriptor_size: 80,
    kind: 1,
    owner: *b"GotAPI\0\0",
    abi_major: 1,
    abi_minor: 0,
    flags: 0,
    reserved: 0,
    id: padded(ID),
};

/// The table as far as it is used; what lies between is not looked at.
#[repr(C)]
pub struct Host {
    size: u32,
    abi_minor: u32,
    context: *const c_void,
    method: *const c_void,
    field: extern "C" fn(*const Host, u64, u32, *mut *const u8, *mut u64) -> i32,
    parameter_to_is_replay: [*const c_void; 5],
    return_message: extern "C" fn(*const Host, u64, *const u8, u64) -> i32,
}

const HOST_SIZE: u32 = 192;
const ATTRIBUTE: u32 = 2;
const UNSUPPORTED: i32 = 10;

#[repr(C)]
pub struct Text(*const u8, u64);

impl Text {
    const fn new(text: &'static str) -> Text {
        Text(text.as_ptr(), text.len() as u64)
    }
}

#[repr(C)]
pub struct Plugin {
    size: u32,
    flags: u32,
    id: Text,
    name: Text,
    version: Text,
    vendor: Text,
    services: Text,
    context: *const c_void,
    start: extern "C" fn(*mut c_void, *mut Host, *mut *mut c_void) -> i32,
    stop: extern "C" fn(*mut c_void),
    on_service_discovery: *const c_void,
    on_client_id: *const c_void,
    on_access_token: *const c_void,
    on_message: extern "C" fn(*mut c_void, u64),
    on_unsubscribed_to_get_extension: [*const c_void; 5],
}

// Constant: its pointers are to constants, too.
unsafe impl Sync for Plugin {}

static PLUGIN: Plugin = Plugin {
    size: std::mem::size_of::<Plugin>() as u32,
    flags: 0,
    id: Text::new(ID),
    name: Text::new("panics"),
    version: Text::new("1.0"),
    vendor: Text::new("example"),
    services: Text::new(r#"[{"serviceId":"panics","name":"panics","online":true,"scopes":["t"]}]"#),
    context: null(),
    start,
    stop,
    on_service_discovery: null(),
    on_client_id: null(),
    on_access_token: null(),
    on_message,
    on_unsubscribed_to_get_extension: [null(); 5],
};

static HOST: AtomicPtr<Host> = AtomicPtr::new(std::ptr::null_mut());

extern "C" fn start(_context: *mut c_void, host: *mut Host, _own: *mut *mut c_void) -> i32 {
    // The host's table lives longer than the plug-in.
    if unsafe { (*host).size } != HOST_SIZE {
        return UNSUPPORTED;
    }
    HOST.store(host, Ordering::Release);
    0
}

extern "C" fn stop(_own: *mut c_void) {}

extern "C" fn on_message(_own: *mut c_void, message: u64) {
    let host = unsafe { &*HOST.load(Ordering::Acquire) };
    let (mut bytes, mut length) = (null(), 0);
    let status = (host.field)(host, message, ATTRIBUTE, &mut bytes, &mut length);
    // The text lives as long as the message, which is until this function returns.
    if status == 0 && unsafe { std::slice::from_raw_parts(bytes, length as usize) } == b"panic" {
        panic!("the device is on fire");
    }
    let members = b"{\"result\":0}";
    (host.return_message)(host, message, members.as_ptr(), members.len() as u64);
}

#[no_mangle]
pub extern "C" fn gotapi_plugin_entry(major: u32, _minor: u32) -> *const Plugin {
    if major == 1 {
        &PLUGIN
    } else {
        null()
    }
}
