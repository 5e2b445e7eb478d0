/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * One plug-in in two versions, -DVERSION=1 and -DVERSION=2; ../README.md says what it does. An answer and a push say which
 * version made them (`data`) and which generation (`instance`, which grows from one to the next).
 */
#define _GNU_SOURCE
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#if defined(VERSIONS_EXCLUSIVE)
#define FLAGS GOTAPI_FLAG_EXCLUSIVE
#elif defined(VERSIONS_REPLAYABLE)
#define FLAGS GOTAPI_FLAG_REPLAYABLE
#else
#define FLAGS 0
#endif

GOTAPI_PLUGIN_NOTE(FIXTURE_ID, FLAGS)

/* What a timer is for: an answer that takes its time, or pushes. */
struct task {
    gotapi_held message;
    gotapi_subscription subscription;
    int64_t number;
};

static int64_t instance;
static int device = -1;

/* Opens a file of the data folder; -1 where that fails. */
static int open_file(const char *name, int flags) {
    const char *folder;
    uint64_t length;
    char path[1024];
    if (host->data_directory(host, &folder, &length) != GOTAPI_OK) return -1;
    const int written = snprintf(path, sizeof path, "%.*s/%s", (int)length, folder, name);
    if (written < 0 || (size_t)written >= sizeof path) return -1;
    return open(path, flags | O_CREAT | O_CLOEXEC, 0600);
}

/* Nobody else has the device open, in this process or another: flock(2). */
static gotapi_status open_device(void) {
    device = open_file("device", O_RDWR);
    if (device < 0) return -errno;
    if (flock(device, LOCK_EX | LOCK_NB) == 0) return GOTAPI_OK;
    const gotapi_status status = -errno;
    gotapi_log(host, GOTAPI_LOG_ERROR, "the device is open in another generation");
    close(device);
    return status;
}

/* Whether the owner's configuration has this word. */
static int is_configured(const char *word) {
    const char *text;
    uint64_t length;
    if (host->config(host, &text, &length) != GOTAPI_OK) return 0;
    return memmem(text, (size_t)length, word, strlen(word)) != NULL;
}

static gotapi_status start(void *context, const gotapi_host *table, void **self) {
    struct timespec now;
    const gotapi_status status = fixture_start(context, table, self);
    if (status != GOTAPI_OK) return status;
    if (is_configured("hang")) gotapi_log(host, GOTAPI_LOG_NOTICE, "start hangs");
    while (is_configured("hang")) pause();
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) return GOTAPI_FAILED;
    instance = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    return (FLAGS & GOTAPI_FLAG_EXCLUSIVE) != 0 ? open_device() : GOTAPI_OK;
}

static void stop(void *self) {
    (void)self;
    if (device >= 0) close(device);
    device = -1;
}

static void begin(gotapi_members *members, char *buffer, size_t size) {
    gotapi_members_begin(members, buffer, size);
    gotapi_members_integer(members, "data", VERSION);
    gotapi_members_integer(members, "instance", instance);
}

static void answer(gotapi_message message) {
    char buffer[96];
    gotapi_members members;
    begin(&members, buffer, sizeof buffer);
    gotapi_return_members(host, message, &members);
}

/* Each command that is executed leaves a line behind. */
static gotapi_status execute(gotapi_text command) {
    char line[64];
    const int length = snprintf(line, sizeof line, "%.*s\n", (int)command.length, command.bytes);
    if (length < 0 || (size_t)length >= sizeof line) return GOTAPI_INVALID_ARGUMENT;
    const int file = open_file("commands", O_WRONLY | O_APPEND);
    if (file < 0) return -errno;
    const ssize_t written = write(file, line, (size_t)length);
    close(file);
    return written == length ? GOTAPI_OK : GOTAPI_FAILED;
}

/* Starts a timer whose last call frees what it is for. */
static gotapi_status start_task(uint64_t delay, uint64_t interval, struct task content) {
    gotapi_timer timer;
    struct task *task = malloc(sizeof *task);
    if (task == NULL) return GOTAPI_FAILED;
    *task = content;
    const gotapi_status status = host->start_timer(host, delay, interval, task, &timer);
    if (status != GOTAPI_OK) free(task);
    return status;
}

static void push(gotapi_timer timer, struct task *task) {
    char buffer[128];
    gotapi_members members;
    begin(&members, buffer, sizeof buffer);
    gotapi_members_integer(&members, "number", task->number);
    switch (gotapi_push_members(host, task->subscription, &members)) {
    case GOTAPI_OK: task->number++; break;
    case GOTAPI_CLOSED: host->stop_timer(host, timer); break;
    default: break;
    }
}

static void on_timer(void *self, gotapi_timer timer, void *user, gotapi_status status) {
    struct task *task = user;
    (void)self;
    if (task->subscription != 0 && status == GOTAPI_OK) {
        push(timer, task);
        return;
    }
    if (task->message.message != 0 && status == GOTAPI_OK) answer(task->message.message);
    gotapi_let_go(&task->message);
    if (task->subscription != 0) host->release(host, task->subscription);
    free(task);
}

static void subscribe(gotapi_message message) {
    struct task task = {{NULL, 0}, 0, 0};
    int64_t interval = 5;
    gotapi_get_integer(host, message, "every", 1, 1000, &interval);
    if (host->subscribe(host, message, &task.subscription) != GOTAPI_OK) return;
    answer(message);
    if (start_task(0, (uint64_t)interval, task) != GOTAPI_OK) host->release(host, task.subscription);
}

static void on_message(void *self, gotapi_message message) {
    struct task task = {{NULL, 0}, 0, 0};
    int64_t delay = 0;
    (void)self;
    const gotapi_text command = gotapi_get_parameter(host, message, "command");
    if (command.bytes != NULL && execute(command) != GOTAPI_OK) return;
    if (gotapi_method_equals(host, message, "put")) {
        subscribe(message);
        return;
    }
    gotapi_get_integer(host, message, "delay", 0, 60000, &delay);
    if (delay == 0) {
        answer(message);
    } else if (gotapi_hold(host, message, &task.message) == GOTAPI_OK) {
        if (start_task((uint64_t)delay, 0, task) != GOTAPI_OK) gotapi_let_go(&task.message);
    }
}

#define TEXT_OF_(number) #number
#define TEXT_OF(number) TEXT_OF_(number)

static const gotapi_plugin plugin = {
    sizeof(gotapi_plugin),
    FLAGS,
    GOTAPI_TEXT(FIXTURE_ID),
    GOTAPI_TEXT(FIXTURE_NAME),
    GOTAPI_TEXT(TEXT_OF(VERSION)),
    GOTAPI_TEXT("example"),
    GOTAPI_TEXT("[" FIXTURE_SERVICE "]"),
    NULL, /* context */
    start,
    stop,
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
