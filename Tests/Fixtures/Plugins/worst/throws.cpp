// Swift GotAPI · SPDX-License-Identifier: MIT
//
// Attribute "throw": a C++ exception leaves a callback, against the rules; the C++ layer would have caught it.
#include "fixture.h"

#include <stdexcept>

GOTAPI_PLUGIN_NOTE(FIXTURE_ID, 0)

static void on_message(void *, gotapi_message message) {
    if (gotapi_field_equals(host, message, GOTAPI_FIELD_ATTRIBUTE, "throw")) throw std::runtime_error("thrown too far");
    gotapi_return_ok(host, message);
}

static const gotapi_plugin plugin = {
    FIXTURE_DESCRIPTION(0, "[" FIXTURE_SERVICE "]"),
    fixture_start,
    fixture_stop,
    nullptr, // on_service_discovery
    nullptr, // on_client_id
    nullptr, // on_access_token
    on_message,
    nullptr, // on_unsubscribed
    nullptr, // on_message_expired
    nullptr, // on_timer
    nullptr, // on_call
    nullptr, // get_extension
};

FIXTURE_ENTRY(plugin)
