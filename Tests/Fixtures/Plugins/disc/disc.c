/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * Has one service in its descriptor and announces another when it is asked.
 */
#include "fixture.h"

GOTAPI_PLUGIN_NOTE(FIXTURE_ID, 0)

static void on_service_discovery(void *self, gotapi_message message) {
    (void)self;
    host->return_message(host, message,
                         GOTAPI_TEXT("{\"services\":[{\"serviceId\":\"disc-dynamic\",\"name\":\"dyn\","
                                     "\"online\":true,\"scopes\":[\"t\"]}]}"));
}

static void on_message(void *self, gotapi_message message) {
    (void)self;
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
