/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * Plug-ins that load and then misbehave. Each is compiled with -DFIXTURE=name and one of the MISBEHAVIOUR_… below; the
 * table in ../README.md says what the host must do.
 *
 * By the request's attribute: "ok" answers properly; "status" answers with the statuses of the host functions that the
 * last misbehaviour called, the newest last, {"result":0,"statuses":[0,3]}; anything else misbehaves.
 */
#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#if defined(MISBEHAVIOUR_STREAM)
#define FLAGS GOTAPI_FLAG_REPLAYABLE
#else
#define FLAGS 0
#endif

GOTAPI_PLUGIN_NOTE(FIXTURE_ID, FLAGS)

/* What host functions returned, for "status". */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static gotapi_status statuses[16];
static uint32_t status_count;

__attribute__((unused)) static void begin(void) {
    pthread_mutex_lock(&mutex);
    status_count = 0;
    pthread_mutex_unlock(&mutex);
}

__attribute__((unused)) static gotapi_status note_status(gotapi_status status) {
    pthread_mutex_lock(&mutex);
    if (status_count < 16) statuses[status_count++] = status;
    pthread_mutex_unlock(&mutex);
    return status;
}

static void return_statuses(gotapi_message message) {
    char buffer[512];
    gotapi_members members;
    uint32_t index;
    gotapi_members_begin(&members, buffer, sizeof buffer);
    gotapi_members_integer(&members, "result", 0);
    gotapi_members_begin_array(&members, "statuses");
    pthread_mutex_lock(&mutex);
    for (index = 0; index < status_count; index++) gotapi_members_integer(&members, NULL, statuses[index]);
    pthread_mutex_unlock(&mutex);
    gotapi_members_end_array(&members);
    gotapi_return_members(host, message, &members);
}

/* The plug-in's own thread, where the misbehaviour has one. */
__attribute__((unused)) static pthread_t thread;
__attribute__((unused)) static int has_thread;
__attribute__((unused)) static atomic_int is_stopping;
__attribute__((unused)) static gotapi_message held;

/* ---- The misbehaviours ------------------------------------------------------------------------------------------- */

#if defined(MISBEHAVIOUR_NEVER_ANSWERS)
static void misbehave(gotapi_message message) { note_status(host->retain(host, message)); }
#define EXPIRED(message) note_status(host->release(host, message))

#elif defined(MISBEHAVIOUR_FORGETS)
static void misbehave(gotapi_message message) { (void)message; }

#elif defined(MISBEHAVIOUR_ANSWERS_TWICE)
static void misbehave(gotapi_message message) {
    note_status(host->return_message(host, message, GOTAPI_TEXT("{\"data\":1}")));
    note_status(host->return_message(host, message, GOTAPI_TEXT("{\"data\":2}")));
}

#elif defined(MISBEHAVIOUR_OWN_THREAD)
/* Not wrong at all, apart from the timer, which is only allowed on the plug-in thread. */
static void *answer(void *unused) {
    gotapi_timer timer;
    (void)unused;
    note_status(host->start_timer(host, 0, 0, NULL, &timer));
    note_status(host->return_message(host, held, GOTAPI_TEXT("{\"data\":\"from a thread\"}")));
    note_status(host->release(host, held));
    return NULL;
}
static void misbehave(gotapi_message message) {
    if (has_thread) pthread_join(thread, NULL);
    held = message;
    host->retain(host, message);
    has_thread = pthread_create(&thread, NULL, answer, NULL) == 0;
}
#define STOP()                                                                                                         \
    if (has_thread) pthread_join(thread, NULL);                                                                        \
    has_thread = 0

#elif defined(MISBEHAVIOUR_AFTER_DEADLINE)
static void misbehave(gotapi_message message) { note_status(host->retain(host, message)); }
#define EXPIRED(message)                                                                                               \
    note_status(host->return_message(host, message, GOTAPI_TEXT("{\"data\":\"too late\"}")));                          \
    note_status(host->release(host, message))

#elif defined(MISBEHAVIOUR_NEVER_RELEASES)
static void misbehave(gotapi_message message) {
    note_status(host->retain(host, message));
    note_status(host->retain(host, message));
    note_status(gotapi_return_ok(host, message));
}

#elif defined(MISBEHAVIOUR_RELEASES_TWICE)
static void misbehave(gotapi_message message) {
    note_status(host->retain(host, message));
    note_status(host->release(host, message));
    note_status(host->release(host, message)); /* one too many; the message is still borrowed */
    note_status(gotapi_return_ok(host, message));
    note_status(host->release(host, message));
}

#elif defined(MISBEHAVIOUR_STALE_HANDLE)
/* Uses the message of the request before this one, and handles that were never given out. */
static void misbehave(gotapi_message message) {
    const char *text;
    uint64_t length;
    note_status(host->method(host, held, &text, &length));
    note_status(host->return_message(host, held, GOTAPI_TEXT("{\"data\":\"stale\"}")));
    note_status(host->retain(host, held));
    note_status(host->release(host, held));
    note_status(host->push_message(host, held, GOTAPI_TEXT("{}")));
    note_status(host->unsubscribe(host, held));
    note_status(host->stop_timer(host, held));
    note_status(host->release(host, 0));
    note_status(host->release(host, UINT64_MAX));
    /* A message is no subscription. */
    note_status(host->push_message(host, message, GOTAPI_TEXT("{}")));
    held = message;
    gotapi_return_ok(host, message);
}

#elif defined(MISBEHAVIOUR_BAD_JSON)
static void misbehave(gotapi_message message) {
    note_status(host->return_message(host, message, GOTAPI_TEXT("{\"result\":0,")));
    note_status(host->return_message(host, message, GOTAPI_TEXT("[]")));
    note_status(host->return_message(host, message, GOTAPI_TEXT("{\"data\":\"\xff\"}")));
    note_status(host->return_message(host, message, NULL, 10));
    note_status(host->return_message(host, message, NULL, 0));
}

#elif defined(MISBEHAVIOUR_TOO_LARGE)
/* 2 MiB */
static void misbehave(gotapi_message message) {
    const uint64_t size = (uint64_t)2 << 20;
    char *json = malloc(size);
    if (json == NULL) return;
    memset(json, 'a', size);
    memcpy(json, "{\"data\":\"", 9);
    memcpy(json + size - 2, "\"}", 2);
    note_status(host->return_message(host, message, json, size));
    free(json);
}

#elif defined(MISBEHAVIOUR_PUSHES)
/* Pushes {"data":n}, 64 digits, from a thread, as fast as it can, whatever comes back but GOTAPI_CLOSED. */
static gotapi_subscription subscription;
static void *push(void *unused) {
    char members[80];
    unsigned long count = 0;
    gotapi_status last = GOTAPI_OK;
    (void)unused;
    while (!atomic_load(&is_stopping)) {
        const int length = snprintf(members, sizeof members, "{\"data\":\"%064lu\"}", count);
        const gotapi_status status = host->push_message(host, subscription, members, (uint64_t)length);
        if (status != last) note_status(status);
        last = status;
        if (status == GOTAPI_OK) count++;
        if (status == GOTAPI_CLOSED) break;
    }
    return NULL;
}
static void end(void) {
    atomic_store(&is_stopping, 1);
    if (has_thread) pthread_join(thread, NULL);
    if (has_thread) host->release(host, subscription);
    has_thread = 0;
    atomic_store(&is_stopping, 0);
}
static void misbehave(gotapi_message message) {
    end();
    begin();
    if (note_status(host->subscribe(host, message, &subscription)) != GOTAPI_OK) return;
    gotapi_return_ok(host, message);
    has_thread = pthread_create(&thread, NULL, push, NULL) == 0;
}
#define STOP() end()

#elif defined(MISBEHAVIOUR_BLOCKS)
/* Blocks the plug-in thread for `seconds`, a minute if not said. */
static void misbehave(gotapi_message message) {
    int64_t seconds = 60;
    gotapi_get_integer(host, message, "seconds", 0, 3600, &seconds);
    while (seconds > 0) seconds = sleep((unsigned)seconds);
    note_status(gotapi_return_ok(host, message));
}

#elif defined(MISBEHAVIOUR_STOP_HANGS)
static void misbehave(gotapi_message message) { gotapi_return_ok(host, message); }
#define STOP() for (;;) pause()

#elif defined(MISBEHAVIOUR_AFTER_STOP)
/* Leaves a thread running that goes on calling the host after stop. */
static void *call(void *unused) {
    (void)unused;
    for (;;) {
        char line[] = "after stop";
        host->log(host, GOTAPI_LOG_TRACE, line, sizeof line - 1);
        host->services_changed(host);
        host->return_message(host, held, GOTAPI_TEXT("{\"data\":\"after stop\"}"));
        usleep(1000);
    }
    return NULL;
}
static void misbehave(gotapi_message message) {
    held = message;
    host->retain(host, message);
    gotapi_return_ok(host, message);
    if (!has_thread && pthread_create(&thread, NULL, call, NULL) == 0) {
        has_thread = 1;
        pthread_detach(thread);
    }
}

#elif defined(MISBEHAVIOUR_CRASHES)
/* By `how`: "segv" (also if not said), "abort", "exit". */
static void misbehave(gotapi_message message) {
    volatile int *volatile nowhere = (volatile int *)(uintptr_t)16;
    if (gotapi_parameter_equals(host, message, "how", "abort")) abort();
    if (gotapi_parameter_equals(host, message, "how", "exit")) exit(3);
    *nowhere = 1;
}

#elif defined(MISBEHAVIOUR_LOGS)
/* 100,000 lines in one go, with what does not belong into a log. */
static void misbehave(gotapi_message message) {
    static const char line[] = "a line that is repeated\r\n\x1b[31m and \xff no text";
    int count;
    for (count = 0; count < 100000; count++) host->log(host, GOTAPI_LOG_WARNING, line, sizeof line - 1);
    gotapi_return_ok(host, message);
}

#elif defined(MISBEHAVIOUR_STREAM)
/* Not wrong: pushes {"data":n} every 10 ms, until nobody listens; may be replayed. */
static void misbehave(gotapi_message message) {
    gotapi_subscription subscription;
    gotapi_timer timer;
    if (note_status(host->subscribe(host, message, &subscription)) != GOTAPI_OK) return;
    gotapi_return_ok(host, message);
    if (host->start_timer(host, 10, 10, (void *)(uintptr_t)subscription, &timer) != GOTAPI_OK) {
        host->release(host, subscription);
    }
}
static void on_timer(void *self, gotapi_timer timer, void *user, gotapi_status status) {
    static int64_t count;
    const gotapi_subscription subscription = (gotapi_subscription)(uintptr_t)user;
    char buffer[64];
    gotapi_members members;
    (void)self;
    if (status != GOTAPI_OK) {
        host->release(host, subscription);
        return;
    }
    gotapi_members_begin(&members, buffer, sizeof buffer);
    gotapi_members_integer(&members, "data", count++);
    if (gotapi_push_members(host, subscription, &members) == GOTAPI_CLOSED) host->stop_timer(host, timer);
}
#define ON_TIMER on_timer

#else
#error "which misbehaviour?"
#endif

/* ---- The plug-in ------------------------------------------------------------------------------------------------- */

static void on_message(void *self, gotapi_message message) {
    const gotapi_text attribute = gotapi_get_field(host, message, GOTAPI_FIELD_ATTRIBUTE);
    (void)self;
    if (gotapi_text_equals(attribute, "ok")) {
        gotapi_return_ok(host, message);
    } else if (gotapi_text_equals(attribute, "status")) {
        return_statuses(message);
    } else {
        begin();
        misbehave(message);
    }
}

static void on_message_expired(void *self, gotapi_message message) {
    (void)self;
    (void)message;
#if defined(EXPIRED)
    EXPIRED(message);
#endif
}

static void stop(void *self) {
    (void)self;
#if defined(STOP)
    STOP();
#endif
}

#if !defined(ON_TIMER)
#define ON_TIMER NULL
#endif

static const gotapi_plugin plugin = {
    FIXTURE_DESCRIPTION(FLAGS, "[" FIXTURE_SERVICE "]"),
    fixture_start,
    stop,
    NULL, /* on_service_discovery */
    NULL, /* on_client_id */
    NULL, /* on_access_token */
    on_message,
    NULL, /* on_unsubscribed */
    on_message_expired,
    ON_TIMER,
    NULL, /* on_call */
    NULL, /* get_extension */
};

FIXTURE_ENTRY(plugin)
