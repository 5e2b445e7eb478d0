/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * Refuses every client's on_access_token, without a reason.
 */
#include "fixture.h"

GOTAPI_PLUGIN_NOTE(FIXTURE_ID, 0)

static void on_access_token(void *self, gotapi_message message) {
    (void)self;
    gotapi_refuse(host, message, NULL);
}

static void on_message(void *self, gotapi_message message) {
    (void)self;
    gotapi_return_ok(host, message);
}

static const gotapi_plugin plugin = {
    FIXTURE_DESCRIPTION(0, "[" FIXTURE_SERVICE "]"),
    fixture_start,
    fixture_stop,
    NULL, /* on_service_discovery */
    NULL, /* on_client_id */
    on_access_token,
    on_message,
    NULL, /* on_unsubscribed */
    NULL, /* on_message_expired */
    NULL, /* on_timer */
    NULL, /* on_call */
    NULL, /* get_extension */
};

FIXTURE_ENTRY(plugin)
