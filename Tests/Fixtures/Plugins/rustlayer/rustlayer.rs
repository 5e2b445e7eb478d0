// Swift GotAPI · SPDX-License-Identifier: MIT

//! Uses all of the Rust layer, by the request's attribute, and panics where a plug-in should not.

#[path = "../../../../PluginSDK/templates/rust/src/abi.rs"]
mod abi;
#[path = "../../../../PluginSDK/templates/rust/src/gotapi.rs"]
mod gotapi;

use gotapi::{Host, Members, Message, Plugin, Subscription};
use std::thread::{spawn, JoinHandle};

const LATER: usize = 1;
const TICK: usize = 2;
const PANIC: usize = 3;

struct RustLayer {
    host: Host,
    held: Vec<Message>,
    answered_later: Option<Message>,
    called: Option<Message>,
    subscription: Option<Subscription>,
    timer: u64,
    count: i64,
    worker: Option<JoinHandle<()>>,
}

impl Plugin for RustLayer {
    fn start(host: Host) -> Result<Self, String> {
        if host.config() == r#"{"fail":true}"# {
            return Err("the device is not there".to_owned());
        }
        assert!(host.data_directory() == "/tmp" && host.resource_directory().is_empty());
        host.start_timer(0, 0, PANIC).map_err(|status| format!("no timer: {status}"))?;
        Ok(RustLayer {
            host,
            held: Vec::new(),
            answered_later: None,
            called: None,
            subscription: None,
            timer: 0,
            count: 0,
            worker: None,
        })
    }

    fn on_message(&mut self, message: Message) {
        match message.attribute() {
            "panic" => panic!("thrown"),
            "panicowned" => {
                let _owned = message;
                panic!("thrown with {}", 42)
            }
            "forget" => {}
            "later" => {
                self.answered_later = Some(message);
                self.host.start_timer(1, 0, LATER).unwrap();
            }
            "thread" => {
                self.worker = Some(spawn(move || {
                    message.answer(Members::new().text("data", "thread"));
                }));
            }
            "called" => {
                self.called = Some(message);
                assert_eq!(self.host.call_on_plugin_thread(LATER), 0);
            }
            "push" => {
                self.subscription = message.subscribe().ok();
                message.answer(Members::new());
                self.count = 0;
                self.timer = self.host.start_timer(1, 1, TICK).unwrap();
            }
            "hold" => self.held.push(message),
            "held" => {
                message.answer(Members::new().integer("data", self.held.len() as i64));
            }
            "parameters" => {
                match parameters(&message) {
                    Ok(members) => message.answer(members),
                    Err(sentence) => message.answer_error(400, &sentence),
                };
            }
            _ => {
                message.answer_error(404, "Unknown attribute");
            }
        }
    }

    fn on_expired(&mut self, message: u64) {
        self.held.retain(|held| held.handle() != message);
    }

    fn on_timer(&mut self, user: usize) {
        match user {
            LATER => {
                if let Some(message) = self.answered_later.take() {
                    message.answer(Members::new().text("data", "later"));
                }
            }
            TICK => {
                self.count += 1;
                if let Some(subscription) = &self.subscription {
                    subscription.push(Members::new().integer("data", self.count));
                }
                if self.count == 3 {
                    self.host.stop_timer(self.timer);
                    self.subscription = None;
                }
            }
            _ => panic!("thrown in a timer"),
        }
    }

    fn on_call(&mut self, _user: usize) {
        if let Some(message) = self.called.take() {
            message.answer(Members::new().text("data", "called"));
        }
    }
}

impl Drop for RustLayer {
    fn drop(&mut self) {
        if let Some(worker) = self.worker.take() {
            worker.join().unwrap();
        }
    }
}

fn parameters(message: &Message) -> Result<Members, String> {
    let (integer, number) = (message.number("integer", -10..=10)?, message.number("number", 0.0..=1.0)?);
    Ok(Members::new()
        .text("method_", message.method())
        .text("profile_", message.profile())
        .text("client", message.field(4))
        .text("origin", message.field(3))
        .integer("integer", integer)
        .number("number", number)
        .boolean("empty", message.parameter("empty") == Some(""))
        .boolean("absent", message.parameter("no such").is_none())
        .boolean("replay", message.is_replay())
        .text("text", "\"\\\n\u{1}é")
        .number("nan", f64::NAN)
        .number("big", 1e22)
        .object("object", Members::new().object("none", Members::new()).value("null", "null")))
}

gotapi_plugin!(RustLayer, 0, ["com.example.rustlayer", "rustlayer", "1.0", "example", SERVICES]);

const SERVICES: &str = r#"[{"serviceId":"rustlayer","name":"rustlayer","online":true,"scopes":["t"]}]"#;
