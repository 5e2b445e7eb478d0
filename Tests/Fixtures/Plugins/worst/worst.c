/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * A plug-in that does its worst, by the request's attribute; ../README.md says what the host must do. Built several times
 * under different names, so that a gateway can have many of them at once.
 */
#include "fixture.h"

#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined(WORST_REPLAYABLE)
#define FLAGS GOTAPI_FLAG_REPLAYABLE
#else
#define FLAGS 0
#endif

/* Where nothing else holds it back: no test is to take the machine along. */
#if defined(WORST_ONLY)
#define MAXIMUM_PROCESSES 72 /* more than the checker allows, and quick even where the machine is busy */
#else
#define MAXIMUM_PROCESSES 200
#endif
#define MAXIMUM_MEBIBYTES 512
#define DESCRIPTORS 1024

GOTAPI_PLUGIN_NOTE(FIXTURE_ID, FLAGS)

static void write_to_null(void) { *(volatile int *volatile)NULL = 1; }

/* Not inlined, not turned into a loop: each call leaves a page on the stack. */
static __attribute__((noinline)) int overflow_stack(int depth) {
    volatile char page[4096];
    page[0] = (char)depth;
    return overflow_stack(depth + 1) + page[0];
}

static void spin(void) {
    for (volatile uint64_t count = 0;; count++) continue;
}

static void take_memory(void) {
    for (int count = 0; count < MAXIMUM_MEBIBYTES; count++) {
        char *block = malloc((size_t)1 << 20);
        if (block == NULL) break;
        memset(block, count + 1, (size_t)1 << 20);
    }
    abort();
}

/* Children that stay until somebody ends them. */
static void multiply(gotapi_message message) {
    int64_t count = 0;
    while (count < MAXIMUM_PROCESSES) {
        const pid_t child = fork();
        if (child < 0) break;
        if (child == 0) {
            for (;;) pause();
        }
        count++;
    }
    char buffer[64];
    gotapi_members members;
    gotapi_members_begin(&members, buffer, sizeof buffer);
    gotapi_members_integer(&members, "children", count);
    gotapi_return_members(host, message, &members);
}

/* A program that runs on when the plug-in is gone, if it is let. */
static void start_program(gotapi_message message) {
    extern char **environ;
    char *arguments[] = {"sleep", "600", NULL};
    pid_t program;
    if (posix_spawnp(&program, arguments[0], NULL, NULL, arguments, environ) != 0) return;
    char buffer[64];
    gotapi_members members;
    gotapi_members_begin(&members, buffer, sizeof buffer);
    gotapi_members_integer(&members, "pid", program);
    gotapi_return_members(host, message, &members);
}

static void close_descriptors(void) {
    for (int descriptor = 0; descriptor < DESCRIPTORS; descriptor++) close(descriptor);
}

static void print_much(void) {
    static const char line[] = "a line of a hundred megabytes ------------------------------------------------------\n";
    for (size_t written = 0; written < 100000000; written += sizeof line - 1) {
        if (write(STDERR_FILENO, line, sizeof line - 1) < 0) return;
    }
}

/* Nothing that the gateway could take for a frame, on every socket that may lead to it. */
static void send_garbage(void) {
    char garbage[4096];
    memset(garbage, 0xff, sizeof garbage);
    for (int descriptor = 0; descriptor < DESCRIPTORS; descriptor++) {
        int domain = 0;
        socklen_t length = sizeof domain;
        if (getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_UNIX) {
            send(descriptor, garbage, sizeof garbage, MSG_NOSIGNAL);
        }
    }
}

/* From a thread, as fast as it can, until the subscription is over. */
static void *push(void *user) {
    static const char members[] = "{\"data\":\"0123456789012345678901234567890123456789012345678901234567890123\"}";
    const gotapi_subscription subscription = (gotapi_subscription)(uintptr_t)user;
    while (host->push_message(host, subscription, members, sizeof members - 1) != GOTAPI_CLOSED) continue;
    return NULL;
}
static void flood(gotapi_message message) {
    gotapi_subscription subscription;
    pthread_t thread;
    if (host->subscribe(host, message, &subscription) != GOTAPI_OK) return;
    gotapi_return_ok(host, message);
    if (pthread_create(&thread, NULL, push, (void *)(uintptr_t)subscription) == 0) pthread_detach(thread);
}

/* Not wrong: pushes {"data":n} every 50 ms, from 0, until nobody listens. */
static void count_up(gotapi_message message) {
    gotapi_subscription subscription;
    gotapi_timer timer;
    if (host->subscribe(host, message, &subscription) != GOTAPI_OK) return;
    gotapi_return_ok(host, message);
    if (host->start_timer(host, 50, 50, (void *)(uintptr_t)subscription, &timer) != GOTAPI_OK) {
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

static int is(gotapi_text text, const char *other) {
#if defined(WORST_ONLY)
    if (strcmp(other, WORST_ONLY) != 0) return 0;
#endif
    return gotapi_text_equals(text, other);
}

static void on_message(void *self, gotapi_message message) {
    const gotapi_text attribute = gotapi_get_field(host, message, GOTAPI_FIELD_ATTRIBUTE);
    (void)self;
    if (is(attribute, "count")) count_up(message);
    if (is(attribute, "flood")) flood(message);
    if (is(attribute, "processes")) multiply(message);
    if (is(attribute, "program")) start_program(message);
    if (is(attribute, "null")) write_to_null();
    if (is(attribute, "abort")) abort();
    if (is(attribute, "overflow")) overflow_stack(0);
    if (is(attribute, "exit")) exit(0);
    if (is(attribute, "loop")) spin();
    if (is(attribute, "memory")) take_memory();
    if (is(attribute, "close")) close_descriptors();
    if (is(attribute, "stop")) kill(getpid(), SIGSTOP);
    if (is(attribute, "print")) print_much();
    if (is(attribute, "garbage")) send_garbage();
    /* Where it has its answer by now, this changes nothing. */
    gotapi_return_ok(host, message);
}

static const gotapi_plugin plugin = {
    FIXTURE_DESCRIPTION(FLAGS, "[" FIXTURE_SERVICE "]"),
    fixture_start,
    fixture_stop,
    NULL, /* on_service_discovery */
    NULL, /* on_client_id */
    NULL, /* on_access_token */
    on_message,
    NULL, /* on_unsubscribed */
    NULL, /* on_message_expired */
    on_timer,
    NULL, /* on_call */
    NULL, /* get_extension */
};

FIXTURE_ENTRY(plugin)
