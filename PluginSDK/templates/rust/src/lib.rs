//! TEMPLATENAME: a GotAPI plug-in.
//!
//!     GET /gotapi/TEMPLATENAME?serviceId=TEMPLATEID.1    →    {"result":0,"data":"Hello from TEMPLATENAME.",…}

mod abi;
mod gotapi;

use gotapi::{Host, Members, Message, Plugin};

struct TEMPLATETYPE;

impl Plugin for TEMPLATETYPE {
    /// Opens the device. An error means: not started, and the log says why.
    fn start(_host: Host) -> Result<Self, String> {
        Ok(TEMPLATETYPE)
    }

    /// A request. They come on one thread, one after another. One that is dropped without an answer is no silence: the
    /// application then gets an error at once (code 1). To answer later, move the message to where that is.
    fn on_message(&mut self, message: Message) {
        if !message.attribute().is_empty() {
            message.answer_error(404, "There is no such attribute.");
        } else if message.method() != "get" {
            message.answer_error(400, "Only GET is supported.");
        } else {
            message.answer(Members::new().integer("result", 0).text("data", "Hello from TEMPLATENAME."));
        }
    }
}

// The type, the flags, the id, and for people: name, version, vendor. Then what applications find, and the profiles
// that they may ask it for.
gotapi_plugin!(TEMPLATETYPE, 0, ["TEMPLATEID", "TEMPLATENAME", "1.0.0", "Example Ltd.", SERVICES]);

const SERVICES: &str = r#"[
    {"serviceId":"TEMPLATEID.1","name":"TEMPLATENAME","online":true,"scopes":["TEMPLATENAME"]}
]"#;
