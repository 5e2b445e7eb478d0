// Swift GotAPI · SPDX-License-Identifier: MIT
//
// versions.c with the C++ layer.
#include "gotapi.hpp"

#include <chrono>
#include <fstream>

namespace {

#define TEXT_OF_(number) #number
#define TEXT_OF(number) TEXT_OF_(number)

constexpr char services[] = R"([{"serviceId":"versions-cpp","name":"versions-cpp","online":true,"scopes":["t"]}])";

class Versions : public gotapi::Plugin {
public:
    explicit Versions(gotapi::Host gateway)
        : Plugin(gateway),
          instance(std::chrono::duration_cast<std::chrono::microseconds>(
                       std::chrono::steady_clock::now().time_since_epoch())
                       .count()) {}

    void on_message(gotapi::Message message) override {
        if (const auto command = message.parameter("command")) execute(*command);
        std::int64_t milliseconds = 0;
        if (message.method() == "put") {
            if (message.parameter("every", 1, 1000, milliseconds) != GOTAPI_OK) milliseconds = 5;
            subscribe(std::move(message), static_cast<std::uint64_t>(milliseconds));
        } else if (message.parameter("delay", 1, 60000, milliseconds) == GOTAPI_OK) {
            auto held = std::make_shared<gotapi::Message>(std::move(message));
            host().start_timer(static_cast<std::uint64_t>(milliseconds), 0,
                               [this, held] { held->answer(members()); });
        } else {
            message.answer(members());
        }
    }

private:
    struct Pushes {
        gotapi::Subscription subscription;
        gotapi::Timer timer;
        std::int64_t number = 0;
    };

    gotapi::Members members() const { return gotapi::Members().integer("data", VERSION).integer("instance", instance); }

    void subscribe(gotapi::Message message, std::uint64_t interval) {
        auto pushes = std::make_shared<Pushes>();
        pushes->subscription = message.subscribe();
        message.answer(members());
        pushes->timer = host().start_timer(0, interval, [this, pushes] {
            switch (pushes->subscription.push(members().integer("number", pushes->number))) {
            case GOTAPI_OK: pushes->number++; break;
            case GOTAPI_CLOSED: pushes->timer.stop(); break;
            default: break;
            }
        });
    }

    void execute(std::string_view command) const {
        std::ofstream file(std::string(host().data_directory()) + "/commands", std::ios::app);
        file << (std::string(command) + "\n") << std::flush;
        if (!file) throw std::runtime_error("the command was not written down");
    }

    const std::int64_t instance;
};

} // namespace

GOTAPI_CPP_PLUGIN(Versions, "com.example.versions-cpp", GOTAPI_FLAG_REPLAYABLE, "versions-cpp", TEXT_OF(VERSION),
                  "example", services)
