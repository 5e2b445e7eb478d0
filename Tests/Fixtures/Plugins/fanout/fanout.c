/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * PUT subscribes, and from the first POST on it pushes to all its subscribers, round after round, as fast as they are taken:
 * for measurements. In each round every subscription gets one push, `data` being the round's number; where the gateway is
 * full the rest of the round waits. Between two rounds the requests have their turn. A POST with `rounds` makes so many more
 * and no others.
 */
#include "fixture.h"

GOTAPI_PLUGIN_NOTE(FIXTURE_ID, 0)

#define LIMIT 4096
#define PAUSE_MILLISECONDS 1
#define ENDLESS (-1)

static gotapi_subscription subscriptions[LIMIT];
static int count;
static int next;
static unsigned long number;
/* How many are still to come, or ENDLESS. */
static int64_t rounds;
/* A call or a timer is on its way. */
static int is_due;

static void push(void) {
    char members[64];
    const int length = snprintf(members, sizeof members, "{\"data\":%lu}", number);
    gotapi_timer timer;
    is_due = count > 0 && rounds != 0;
    if (!is_due) {
        next = 0;
        return;
    }
    for (; next < count; next++) {
        if (host->push_message(host, subscriptions[next], members, (uint64_t)length) == GOTAPI_FULL) {
            if (host->start_timer(host, PAUSE_MILLISECONDS, 0, NULL, &timer) != GOTAPI_OK) is_due = 0;
            return;
        }
    }
    next = 0;
    number++;
    if (rounds > 0) rounds--;
    is_due = rounds != 0;
    if (is_due && host->call_on_plugin_thread(host, NULL) != GOTAPI_OK) is_due = 0;
}

static void on_timer(void *self, gotapi_timer timer, void *user, gotapi_status status) {
    (void)self;
    (void)timer;
    (void)user;
    if (status == GOTAPI_OK) push();
}

static void on_call(void *self, void *user, gotapi_status status) {
    (void)self;
    (void)user;
    if (status == GOTAPI_OK) push();
}

static gotapi_status start(void *context, const gotapi_host *table, void **self) {
    count = next = is_due = 0;
    rounds = 0;
    return fixture_start(context, table, self);
}

static void on_message(void *self, gotapi_message message) {
    (void)self;
    if (gotapi_method_equals(host, message, "post")) {
        rounds = ENDLESS;
        gotapi_get_integer(host, message, "rounds", 0, INT32_MAX, &rounds);
        gotapi_return_ok(host, message);
        if (!is_due) push();
        return;
    }
    if (count == LIMIT || host->subscribe(host, message, &subscriptions[count]) != GOTAPI_OK) {
        gotapi_return_error(host, message, 400, "There is no more room.");
        return;
    }
    count++;
    gotapi_return_ok(host, message);
}

static void on_unsubscribed(void *self, gotapi_subscription subscription, uint32_t reason) {
    int index;
    (void)self;
    (void)reason;
    for (index = 0; index < count; index++) {
        if (subscriptions[index] == subscription) subscriptions[index--] = subscriptions[--count];
    }
}

static const gotapi_plugin plugin = {
    FIXTURE_DESCRIPTION(0, "[" FIXTURE_SERVICE "]"),
    start,
    fixture_stop,
    NULL, /* on_service_discovery */
    NULL, /* on_client_id */
    NULL, /* on_access_token */
    on_message,
    on_unsubscribed,
    NULL, /* on_message_expired */
    on_timer,
    on_call,
    NULL, /* get_extension */
};

FIXTURE_ENTRY(plugin)
