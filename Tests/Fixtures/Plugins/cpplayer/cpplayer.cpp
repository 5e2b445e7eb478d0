// Swift GotAPI · SPDX-License-Identifier: MIT
//
// Uses all of the C++ layer, by the request's attribute, and throws where a plug-in should not.
#include "gotapi.hpp"

#include <map>
#include <thread>

namespace {

constexpr char services[] = R"([{"serviceId":"cpplayer","name":"cpplayer","online":true,"scopes":["t"]}])";

class CppLayer : public gotapi::Plugin {
public:
    explicit CppLayer(gotapi::Host gateway) : Plugin(gateway) {
        if (gateway.config() == R"({"fail":true})") throw std::runtime_error("the device is not there");
    }

    ~CppLayer() override {
        if (worker.joinable()) worker.join();
    }

    void on_message(gotapi::Message message) override {
        const std::string_view attribute = message.attribute();
        if (attribute == "throw") {
            throw std::runtime_error("thrown in on_message");
        } else if (attribute == "throwint") {
            throw 42;
        } else if (attribute == "forget") {
            // Goes out of scope.
        } else if (attribute == "twice") {
            const gotapi_status first = message.answer();
            last = message.answer() * 100 + first;
        } else if (attribute == "last") {
            message.answer(gotapi::Members().integer("data", last));
        } else if (attribute == "later") {
            auto held = std::make_shared<gotapi::Message>(std::move(message));
            host().start_timer(1, 0, [held] { held->answer(gotapi::Members().text("data", "later")); });
        } else if (attribute == "hold") {
            const gotapi_message handle = message.handle();
            messages.emplace(handle, std::move(message));
        } else if (attribute == "held") {
            message.answer(gotapi::Members().integer("data", static_cast<std::int64_t>(messages.size())));
        } else if (attribute == "thread") {
            if (worker.joinable()) worker.join();
            worker = std::thread([this, held = std::make_shared<gotapi::Message>(std::move(message))] {
                host().call_on_plugin_thread([held] { held->answer(gotapi::Members().text("data", "called")); });
            });
        } else if (attribute == "throwtimer") {
            host().start_timer(0, 0, [] { throw std::runtime_error("thrown in a timer"); });
            message.answer();
        } else if (attribute == "push") {
            subscription = message.subscribe();
            message.answer();
            count = 0;
            timer = host().start_timer(1, 1, [this] {
                subscription.push(gotapi::Members().integer("data", ++count));
                if (count == 3) {
                    timer.stop();
                    subscription = gotapi::Subscription(); // the last reference: it ends
                }
            });
        } else if (attribute == "parameters") {
            std::int64_t integer = -1;
            double number = -1;
            const gotapi_status statuses[] = {
                message.parameter("integer", std::int64_t(0), std::int64_t(10), integer),
                message.parameter("number", 0.0, 1.0, number),
            };
            message.answer(gotapi::Members()
                               .text("method", message.method())
                               .text("serviceId_", message.service_id())
                               .text("origin", message.origin())
                               .boolean("there", message.parameter("empty").has_value())
                               .boolean("absent", !message.parameter("no such").has_value())
                               .integer("integer", integer)
                               .integer("integerStatus", statuses[0])
                               .number("number", number)
                               .integer("numberStatus", statuses[1])
                               .object("object", gotapi::Members().null("null").text("text", "\"\\\n\xff"))
                               .boolean("replay", message.is_replay())
                               .boolean("hasTime", message.time_left() > 0));
        } else {
            message.answer_error(400, "Unknown attribute", gotapi::Members().null("data"));
        }
    }

    void on_client_id(gotapi::Message message) override {
        if (message.origin() == "https://throw.example") throw std::runtime_error("thrown in on_client_id");
        if (message.origin() == "https://no.example") {
            message.refuse("not you");
        } else {
            message.answer();
        }
    }

    void on_expired(gotapi_message message) override { messages.erase(message); }

private:
    std::int64_t last = -1;
    std::int64_t count = 0;
    std::map<gotapi_message, gotapi::Message> messages;
    gotapi::Subscription subscription;
    gotapi::Timer timer;
    std::thread worker;
};

} // namespace

GOTAPI_CPP_PLUGIN(CppLayer, "com.example.cpplayer", GOTAPI_FLAG_EXCLUSIVE, "cpplayer", "1.0", "example", services)
