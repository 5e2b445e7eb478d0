// TEMPLATENAME: a GotAPI plug-in.
//
//     GET /gotapi/TEMPLATENAME?serviceId=TEMPLATEID.1    →    {"result":0,"data":"Hello from TEMPLATENAME.",…}
#include "gotapi.hpp"

namespace {

// What applications find, and the profiles that they may ask it for.
constexpr char services[] =
    R"([{"serviceId":"TEMPLATEID.1","name":"TEMPLATENAME","online":true,"scopes":["TEMPLATENAME"]}])";

class TEMPLATETYPE : public gotapi::Plugin {
public:
    // Opens the device. An exception means: not started, and the log says why.
    explicit TEMPLATETYPE(gotapi::Host host) : Plugin(host) {}

    // A request. They come on one thread, one after another. One that goes out of scope without an answer is no
    // silence: the application then gets an error at once (code 1). To answer later, move it to where that is.
    void on_message(gotapi::Message message) override {
        if (!message.attribute().empty()) {
            message.answer_error(404, "There is no such attribute.");
        } else if (message.method() != "get") {
            message.answer_error(400, "Only GET is supported.");
        } else {
            message.answer(gotapi::Members().integer("result", 0).text("data", "Hello from TEMPLATENAME."));
        }
    }
};

} // namespace

// The class, the id, the flags, and for people: name, version, vendor.
GOTAPI_CPP_PLUGIN(TEMPLATETYPE, "TEMPLATEID", 0, "TEMPLATENAME", "1.0.0", "Example Ltd.", services)
