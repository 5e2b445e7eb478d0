/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * The host for unit tests, used as a vendor in C uses it: host_test CLOCK TIMERS. TIMERS is the plug-in below, which is
 * tried as a part of this program too.
 */
#include "gotapi.h"
#include "gotapi_testing.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                            \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

/* ---- A plug-in: `later` answers after a second, `never` not at all, `thread` from a thread, `leak` keeps its message. */

static const gotapi_host *host;
static int expired, ended;

static gotapi_status start(void *context, const gotapi_host *table, void **self) {
    (void)context;
    if (!gotapi_host_fits(table)) return GOTAPI_UNSUPPORTED;
    host = table;
    *self = NULL;
    return GOTAPI_OK;
}

static void stop(void *self) { (void)self; }

static void *answer_from_a_thread(void *message) {
    usleep(1000);
    gotapi_return_ok(host, (gotapi_message)(uintptr_t)message);
    host->release(host, (gotapi_message)(uintptr_t)message);
    return NULL;
}

static void on_message(void *self, gotapi_message message) {
    gotapi_timer timer;
    gotapi_subscription subscription;
    (void)self;
    if (gotapi_field_equals(host, message, GOTAPI_FIELD_ATTRIBUTE, "later")) {
        host->retain(host, message);
        CHECK(host->start_timer(host, 1000, 0, (void *)(uintptr_t)message, &timer) == GOTAPI_OK);
    } else if (gotapi_field_equals(host, message, GOTAPI_FIELD_ATTRIBUTE, "never")) {
        host->retain(host, message);
    } else if (gotapi_field_equals(host, message, GOTAPI_FIELD_ATTRIBUTE, "leak")) {
        host->retain(host, message);
        gotapi_return_ok(host, message);
    } else if (gotapi_field_equals(host, message, GOTAPI_FIELD_ATTRIBUTE, "thread")) {
        pthread_t thread;
        host->retain(host, message);
        CHECK(pthread_create(&thread, NULL, answer_from_a_thread, (void *)(uintptr_t)message) == 0);
        pthread_detach(thread);
    } else if (gotapi_field_equals(host, message, GOTAPI_FIELD_ATTRIBUTE, "listen")) {
        CHECK(host->subscribe(host, message, &subscription) == GOTAPI_OK);
        gotapi_return_ok(host, message);
    } else if (gotapi_field_equals(host, message, GOTAPI_FIELD_ATTRIBUTE, "text")) {
        gotapi_text text = gotapi_get_parameter(host, message, "text");
        gotapi_return_text(host, message, "text", text.bytes, text.length);
    }
    /* Anything else is forgotten. */
}

static void on_unsubscribed(void *self, gotapi_subscription subscription, uint32_t reason) {
    (void)self, (void)subscription;
    ended = (int)reason;
}

static void on_message_expired(void *self, gotapi_message message) {
    (void)self;
    expired++;
    host->release(host, message);
}

static void on_timer(void *self, gotapi_timer timer, void *user, gotapi_status status) {
    gotapi_message message = (gotapi_message)(uintptr_t)user;
    (void)self, (void)timer;
    if (status == GOTAPI_OK) gotapi_return_ok(host, message);
    host->release(host, message);
}

static const gotapi_plugin plugin = {sizeof(gotapi_plugin),
                                     0,
                                     GOTAPI_TEXT("com.example.inside"),
                                     GOTAPI_TEXT("Inside"),
                                     GOTAPI_TEXT("1"),
                                     GOTAPI_TEXT("example"),
                                     GOTAPI_TEXT("[]"),
                                     NULL,
                                     start,
                                     stop,
                                     NULL,
                                     NULL,
                                     NULL,
                                     on_message,
                                     on_unsubscribed,
                                     on_message_expired,
                                     on_timer,
                                     NULL,
                                     NULL};

const gotapi_plugin *gotapi_plugin_entry(uint32_t host_abi_major, uint32_t host_abi_minor) {
    (void)host_abi_minor;
    return host_abi_major == GOTAPI_ABI_MAJOR ? &plugin : NULL;
}

/* ---- The tests --------------------------------------------------------------------------------------------------- */

static gotapi_testing *open_inside(void) {
    const char *problem = "";
    gotapi_testing *testing = gotapi_testing_open(gotapi_plugin_entry, NULL, &problem);
    if (testing == NULL) fprintf(stderr, "%s\n", problem);
    CHECK(testing != NULL && problem == NULL);
    return testing;
}

static int equal(const char *left, const char *right) { return left != NULL && strcmp(left, right) == 0; }

static void answers(void) {
    gotapi_testing *testing = open_inside();
    CHECK(equal(gotapi_testing_request(testing, "GET", "/gotapi/t/text?text=a%20b+c%C3%A9&serviceId=x"),
                "{\"result\":0,\"text\":\"a b c\xc3\xa9\"}"));
    CHECK(gotapi_testing_problem(testing) == NULL);
    CHECK(gotapi_testing_request(testing, "get", "/gotapi/t/thread") != NULL);
    CHECK(gotapi_testing_request(testing, "get", "/gotapi/t/forgets") == NULL);
    CHECK(strstr(gotapi_testing_problem(testing), "without a valid answer") != NULL);
    CHECK(gotapi_testing_request(testing, "patch", "/gotapi/t/text") == NULL && gotapi_testing_problem(testing) != NULL);
    CHECK(gotapi_testing_request(testing, "get", "/elsewhere") == NULL && gotapi_testing_problem(testing) != NULL);
    CHECK(gotapi_testing_stop(testing) == NULL);
    gotapi_testing_close(testing);
    gotapi_testing_close(NULL);
}

static void time_stands_still(void) {
    gotapi_testing *testing = open_inside();
    uint64_t first = gotapi_testing_send(testing, "get", "/gotapi/t/later");
    gotapi_testing_advance(testing, 999);
    CHECK(gotapi_testing_answer(testing, first) == NULL);
    gotapi_testing_advance(testing, 1);
    CHECK(gotapi_testing_answer(testing, first) != NULL);
    CHECK(gotapi_testing_answer(testing, first) == NULL);

    first = gotapi_testing_send(testing, "get", "/gotapi/t/never");
    gotapi_testing_advance(testing, 59999);
    CHECK(expired == 0);
    gotapi_testing_advance(testing, 1);
    CHECK(expired == 1);
    CHECK(gotapi_testing_answer(testing, first) == NULL);
    CHECK(strstr(gotapi_testing_problem(testing), "expired") != NULL);

    first = gotapi_testing_send(testing, "get", "/gotapi/t/never");
    gotapi_testing_cancel(testing, first);
    CHECK(expired == 2);
    gotapi_testing_set_limit(testing, 20);
    CHECK(gotapi_testing_request(testing, "get", "/gotapi/t/never") == NULL);
    gotapi_testing_close(testing);
    CHECK(expired == 3);
}

static void what_is_kept_is_told(void) {
    gotapi_testing *testing = open_inside();
    CHECK(gotapi_testing_request(testing, "get", "/gotapi/t/leak") != NULL);
    CHECK(equal(gotapi_testing_stop(testing), "1 message was retained and not released"));
    gotapi_testing_close(testing);
}

static void subscriptions_end(void) {
    gotapi_testing *testing = open_inside();
    CHECK(gotapi_testing_request(testing, "put", "/gotapi/t/listen") != NULL);
    CHECK(gotapi_testing_subscriptions(testing) == 1);
    gotapi_testing_set_client(testing, "another", NULL);
    CHECK(gotapi_testing_unsubscribe(testing, GOTAPI_REASON_TOKEN_ENDED) == 0 && ended == 0);
    gotapi_testing_set_client(testing, "client-1", NULL);
    CHECK(gotapi_testing_unsubscribe(testing, GOTAPI_REASON_TOKEN_ENDED) == 1 && ended == GOTAPI_REASON_TOKEN_ENDED);
    CHECK(gotapi_testing_subscriptions(testing) == 0);
    CHECK(gotapi_testing_unsubscribe(testing, 77) == 0 && gotapi_testing_problem(testing) != NULL);
    CHECK(access(gotapi_testing_data_directory(testing), W_OK) == 0);
    gotapi_testing_close(testing);
}

static void the_clock_ticks(const char *library) {
    int ticks = 0;
    const char *problem;
    gotapi_testing *testing = gotapi_testing_load(library, "{}", &problem);
    if (testing == NULL) fprintf(stderr, "%s\n", problem);
    CHECK(testing != NULL);
    CHECK(gotapi_testing_request(testing, "put", "/gotapi/clock/ticktack?serviceId=any") != NULL);
    CHECK(gotapi_testing_next_push(testing) == NULL);
    gotapi_testing_advance(testing, 3500);
    while (gotapi_testing_next_push(testing) != NULL) ticks++;
    CHECK(ticks == 3 && gotapi_testing_pushed_for(testing) == 1);
    gotapi_testing_set_reachable(testing, 0);
    gotapi_testing_advance(testing, 2000);
    CHECK(gotapi_testing_next_push(testing) == NULL);
    CHECK(gotapi_testing_unsubscribe(testing, GOTAPI_REASON_CLIENT_GONE) == 1);
    CHECK(strstr(gotapi_testing_discover(testing), "Simple Clock") != NULL);
    CHECK(equal(gotapi_testing_ask_client_id(testing, "any"), "{\"accept\":true}"));
    CHECK(equal(gotapi_testing_ask_access_token(testing, "any"), "{\"accept\":true}"));
    CHECK(gotapi_testing_services_changed(testing) == 0);
    CHECK(gotapi_testing_wait(testing, 0) == 0);
    CHECK(gotapi_testing_stop(testing) == NULL);
    gotapi_testing_close(testing);
}

static void what_cannot_start_says_why(void) {
    const char *problem = NULL;
    CHECK(gotapi_testing_load("/nowhere.so", NULL, &problem) == NULL && strstr(problem, "/nowhere.so") != NULL);
    CHECK(gotapi_testing_open(gotapi_plugin_entry, "[]", &problem) == NULL && strstr(problem, "JSON object") != NULL);
    CHECK(gotapi_testing_load("/nowhere.so", NULL, NULL) == NULL);
}

int main(int count, char **arguments) {
    CHECK(count == 2);
    answers();
    time_stands_still();
    what_is_kept_is_told();
    subscriptions_end();
    the_clock_ticks(arguments[1]);
    what_cannot_start_says_why();
    puts("all passed");
    return 0;
}
