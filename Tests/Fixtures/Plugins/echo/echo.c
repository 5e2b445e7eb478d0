/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * Sends back the parameter `msg` as `data`, as fast as it can: for measurements. Keeps no state and never waits, so it
 * may run on several threads at once.
 */
#include "fixture.h"

GOTAPI_PLUGIN_NOTE(FIXTURE_ID, GOTAPI_FLAG_INLINE)

static void on_message(void *self, gotapi_message message) {
    const gotapi_text msg = gotapi_get_parameter(host, message, "msg");
    char buffer[1024];
    gotapi_members members;
    (void)self;
    gotapi_members_begin(&members, buffer, sizeof buffer);
    gotapi_members_integer(&members, "result", 0);
    if (msg.bytes != NULL) gotapi_members_text(&members, "data", msg.bytes, msg.length);
    if (gotapi_return_members(host, message, &members) == GOTAPI_TOO_LARGE) {
        gotapi_return_text(host, message, "data", msg.bytes, msg.length);
    }
}

static const gotapi_plugin plugin = {
    FIXTURE_DESCRIPTION(GOTAPI_FLAG_INLINE, "[" FIXTURE_SERVICE "]"),
    fixture_start,
    fixture_stop,
    NULL, /* on_service_discovery */
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
