/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * Has as many services as its configuration says, {"services": N}, at most 5,000: `many-0`, `many-1` …; each answers at once:
 * for measurements.
 */
#include "fixture.h"

GOTAPI_PLUGIN_NOTE(FIXTURE_ID, 0)

#define SERVICE_LENGTH 96

static int count;

static gotapi_status start(void *context, const gotapi_host *table, void **self) {
    const gotapi_status status = fixture_start(context, table, self);
    const char *config;
    uint64_t length;
    count = 0;
    if (status != GOTAPI_OK) return status;
    /* The owner's text, and nothing else is in it. */
    if (host->config(host, &config, &length) != GOTAPI_OK) return GOTAPI_FAILED;
    for (; length > 0 && count <= 5000; config++, length--) {
        if (*config >= '0' && *config <= '9') count = count * 10 + (*config - '0');
    }
    if (count > 5000) return GOTAPI_INVALID_ARGUMENT;
    return host->services_changed(host);
}

static void on_service_discovery(void *self, gotapi_message message) {
    char *text = malloc((size_t)count * SERVICE_LENGTH + 32);
    size_t length;
    int index;
    (void)self;
    if (text == NULL) return;
    length = (size_t)sprintf(text, "{\"services\":[");
    for (index = 0; index < count; index++) {
        length += (size_t)sprintf(text + length,
                                  "%s{\"serviceId\":\"many-%d\",\"name\":\"many\",\"online\":true,\"scopes\":[\"t\"]}",
                                  index == 0 ? "" : ",", index);
    }
    length += (size_t)sprintf(text + length, "]}");
    host->return_message(host, message, text, length);
    free(text);
}

static void on_message(void *self, gotapi_message message) {
    (void)self;
    gotapi_return_ok(host, message);
}

static const gotapi_plugin plugin = {
    FIXTURE_DESCRIPTION(0, "[]"),
    start,
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
