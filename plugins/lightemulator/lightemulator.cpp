// Swift GotAPI · SPDX-License-Identifier: MIT
//
// Light Emulator: three lamps that exist only here. The sample for C++, and for a plug-in that keeps state.
//
//     POST   /gotapi/light?lightId=1&name=desk&color=%23ff8800&brightness=0.5&flashing=0   switches the lamp on
//     PUT    /gotapi/light?lightId=1&brightness=1      changes what it says, and leaves the rest
//     DELETE /gotapi/light?lightId=1                   switches the lamp off
//     GET    /gotapi/light/state?lightId=1             says how the lamp is
#include "gotapi.hpp"

#include <array>

namespace {

constexpr char services[] = R"([{"serviceId":"com.github.futomi.lightemulator.light","name":"Light","online":true,)"
                            R"("scopes":["light"]}])";

struct Light {
    bool is_on = false;
    std::string name;
    /// #rrggbb
    std::string color = "#ffffff";
    /// 0 to 1
    double brightness = 1;
    /// Milliseconds between two flashes; 0: steady.
    std::int64_t flashing = 0;
};

class LightEmulator : public gotapi::Plugin {
public:
    // A real plug-in opens its device here. An exception means: not started.
    explicit LightEmulator(gotapi::Host host) : Plugin(host) {}

    // Called on the plug-in thread, one message after another, so `lights` needs no lock.
    void on_message(gotapi::Message message) override {
        // The gateway lets only profiles through that the service names in its scopes: here, "light".
        if (message.attribute() == "state") return state(message);
        if (!message.attribute().empty()) return fail(message, "Unknow profile was requested.");

        const std::string_view method = message.method();
        if (method == "get") return fail(message, "The HTTP Method `get` is not supported.");
        Light *light = find(message);
        if (light == nullptr) return fail(message, "The specified lightId is unknown.");

        // Work on a copy: a request that is wrong in one parameter changes nothing at all.
        Light changed = *light;
        if (method == "delete") {
            changed.is_on = false;
        } else {
            if (method == "post") changed.is_on = true;
            if (const char *problem = read(message, changed)) return fail(message, problem);
        }
        *light = changed;
        message.answer(gotapi::Members().null("data"));
    }

private:
    void state(const gotapi::Message &message) {
        if (message.method() != "get") {
            return fail(message, "The HTTP Method `" + std::string(message.method()) + "` is not supported.");
        }
        const Light *light = find(message);
        if (light == nullptr) return fail(message, "The specified lightId is unknown.");
        message.answer(gotapi::Members().object("data", gotapi::Members()
                                                            .boolean("on", light->is_on)
                                                            .text("name", light->name)
                                                            .text("color", light->color)
                                                            .number("brightness", light->brightness)
                                                            .integer("flashing", light->flashing)));
    }

    Light *find(const gotapi::Message &message) {
        std::int64_t number = 0;
        if (message.parameter("lightId", std::int64_t(1), std::int64_t(lights.size()), number) != GOTAPI_OK) {
            return nullptr;
        }
        return &lights[static_cast<std::size_t>(number - 1)];
    }

    // What a request does not name stays as it is. Returns what is wrong, or NULL.
    static const char *read(const gotapi::Message &message, Light &light) {
        if (const auto name = message.parameter("name")) light.name = *name;
        if (const auto color = message.parameter("color")) {
            if (color->size() != 7 || color->front() != '#' ||
                color->find_first_not_of("0123456789abcdefABCDEF", 1) != std::string_view::npos) {
                return "The color must be like #ff8800.";
            }
            light.color = *color;
        }
        if (message.parameter("brightness", 0.0, 1.0, light.brightness) == GOTAPI_INVALID_ARGUMENT) {
            return "The brightness must be a number from 0 to 1.";
        }
        if (message.parameter("flashing", std::int64_t(0), std::int64_t(60000), light.flashing) ==
            GOTAPI_INVALID_ARGUMENT) {
            return "The flashing must be an integer from 0 to 60000 (milliseconds).";
        }
        return nullptr;
    }

    static void fail(const gotapi::Message &message, std::string_view text) {
        message.answer_error(400, text, gotapi::Members().null("data"));
    }

    std::array<Light, 3> lights;
};

} // namespace

GOTAPI_CPP_PLUGIN(LightEmulator, "com.github.futomi.lightemulator", 0, "Light Emulator", "1.0.0", "Swift GotAPI",
                  services)
