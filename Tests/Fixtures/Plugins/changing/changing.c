/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * Has a device besides its own service, which comes and goes by the request's attribute: "come", "sleep" (there, but
 * not online), "go". Each tells the gateway with services_changed, before the answer.
 */
#include "fixture.h"

GOTAPI_PLUGIN_NOTE(FIXTURE_ID, 0)

static enum { GONE, ASLEEP, ONLINE } device;

#define DEVICE(online)                                                                                                 \
    "{\"serviceId\":\"changing-device\",\"name\":\"device\",\"online\":" online ",\"scopes\":[\"t\"]}"
#define SERVICES(others) GOTAPI_TEXT("{\"services\":[" FIXTURE_SERVICE others "]}")

static void on_service_discovery(void *self, gotapi_message message) {
    (void)self;
    switch (device) {
    case GONE: host->return_message(host, message, SERVICES("")); break;
    case ASLEEP: host->return_message(host, message, SERVICES("," DEVICE("false"))); break;
    case ONLINE: host->return_message(host, message, SERVICES("," DEVICE("true"))); break;
    }
}

static void on_message(void *self, gotapi_message message) {
    const gotapi_text attribute = gotapi_get_field(host, message, GOTAPI_FIELD_ATTRIBUTE);
    (void)self;
    if (gotapi_text_equals(attribute, "come")) {
        device = ONLINE;
    } else if (gotapi_text_equals(attribute, "sleep")) {
        device = ASLEEP;
    } else if (gotapi_text_equals(attribute, "go")) {
        device = GONE;
    }
    host->services_changed(host);
    gotapi_return_ok(host, message);
}

static const gotapi_plugin plugin = {
    FIXTURE_DESCRIPTION(0, "[" FIXTURE_SERVICE "]"),
    fixture_start,
    fixture_stop,
    on_service_discovery,
    NULL, /* on_client_id */
    NULL, /* on_access_token */
    on_message,
    NULL, /* on_unsubscribed */
    NULL, /* on_message_expired */
    NULL, /* on_timer */
    NULL, /* on_call */
    NULL, /* get_extension */
};

FIXTURE_ENTRY(plugin)
