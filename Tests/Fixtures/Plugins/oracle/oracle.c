/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * Answers by the request's attribute: what the conformance suite asks of its oracle (gotapi-wire.md, "Fixture
 * plug-ins").
 */
#include "fixture.h"

GOTAPI_PLUGIN_NOTE(FIXTURE_ID, 0)

/* Far behind the 2 s that the suite's gateway waits. */
#define LATE_MILLISECONDS 3500

static void return_json(gotapi_message message, const char *json) {
    host->return_message(host, message, json, strlen(json));
}

static void on_message(void *self, gotapi_message message) {
    const gotapi_text attribute = gotapi_get_field(host, message, GOTAPI_FIELD_ATTRIBUTE);
    gotapi_text set = gotapi_get_parameter(host, message, "set");
    (void)self;
    if (set.bytes == NULL) {
        set.bytes = "{}";
        set.length = 2;
    }
    if (gotapi_text_equals(attribute, "silent")) {
        host->retain(host, message); /* released in on_message_expired */
    } else if (gotapi_text_equals(attribute, "late")) {
        gotapi_timer timer;
        host->retain(host, message); /* released in on_timer */
        if (host->start_timer(host, LATE_MILLISECONDS, 0, (void *)(uintptr_t)message, &timer) != GOTAPI_OK) {
            host->release(host, message);
        }
    } else if (gotapi_text_equals(attribute, "twice")) {
        return_json(message, "{\"data\":1}");
        return_json(message, "{\"data\":2}");
    } else if (gotapi_text_equals(attribute, "raw")) {
        host->return_message(host, message, set.bytes, set.length);
    } else if (gotapi_text_equals(attribute, "push")) {
        gotapi_subscription subscription;
        if (host->subscribe(host, message, &subscription) != GOTAPI_OK) return;
        return_json(message, "{\"result\":0,\"data\":null}");
        host->push_message(host, subscription, set.bytes, set.length);
        /* Kept: the last release would end it. */
    } else {
        return_json(message, "{\"result\":0,\"data\":\"ok\"}");
    }
}

static void on_message_expired(void *self, gotapi_message message) {
    (void)self;
    if (gotapi_field_equals(host, message, GOTAPI_FIELD_ATTRIBUTE, "silent")) host->release(host, message);
}

static void on_unsubscribed(void *self, gotapi_subscription subscription, uint32_t reason) {
    (void)self;
    (void)reason;
    host->release(host, subscription);
}

static void on_timer(void *self, gotapi_timer timer, void *user, gotapi_status status) {
    const gotapi_message message = (gotapi_message)(uintptr_t)user;
    (void)self;
    (void)timer;
    if (status == GOTAPI_OK) return_json(message, "{\"result\":0,\"data\":\"late\"}");
    host->release(host, message);
}

#define SERVICES                                                                                                       \
    "[{\"serviceId\":\"oracle\",\"name\":\"oracle\",\"online\":true,\"scopes\":[\"t\",\"serviceinformation\"],"        \
    "\"manufacturer\":\"m\",\"version\":\"1.0\",\"type\":\"x\",\"extra\":{\"a\":[1]}},"                                \
    "{\"serviceId\":\"oracle2\",\"name\":\"offline\",\"online\":false,\"scopes\":[\"t\"]}]"

static const gotapi_plugin plugin = {
    FIXTURE_DESCRIPTION(0, SERVICES),
    fixture_start,
    fixture_stop,
    NULL, /* on_service_discovery */
    NULL, /* on_client_id */
    NULL, /* on_access_token */
    on_message,
    on_unsubscribed,
    on_message_expired,
    on_timer,
    NULL, /* on_call */
    NULL, /* get_extension */
};

FIXTURE_ENTRY(plugin)
