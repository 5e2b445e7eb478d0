/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * The smallest host that a C plug-in can be tried with, made from the header alone: for targets that the gateway itself
 * is not built for in the tests (run under qemu-user), and to see that the header says all that a host needs.
 *
 *     abi_host LIBRARY      each line of standard input is a request, "METHOD PROFILE ATTRIBUTE [NAME=VALUE]…", or
 *                           "discover"; "-" stands for an empty text
 *
 * Prints what comes back, a line each: "answer …", "push …", "unanswered". Everything runs on one thread, and time stands
 * still: timers fire at once, when a request has been handled. Ends with 0 where the plug-in kept the rules.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gotapi_plugin.h"

#define LINE_LIMIT 4096
#define WORD_LIMIT 32
#define TIMER_LIMIT 64

/* The one message that is under way, and the one subscription. Their handles are the numbers of their lines. */
static struct {
    gotapi_message handle;
    int references;
    int is_answered;
    int is_request;
    char *words[WORD_LIMIT];
    int count;
} message;

static gotapi_subscription subscription;
static uint64_t last_handle;

static struct {
    gotapi_timer handle;
    void *user;
    uint64_t interval;
} timers[TIMER_LIMIT];

static int failures;

static void complain(const char *what) {
    printf("broken rule: %s\n", what);
    failures++;
}

static const char *word(int index) {
    if (index >= message.count || strcmp(message.words[index], "-") == 0) return "";
    return message.words[index];
}

static gotapi_status text_out(const char *text, const char **out, uint64_t *length) {
    *out = text;
    *length = strlen(text);
    return GOTAPI_OK;
}

#define HOST const gotapi_host *host
#define OUT const char **text, uint64_t *length
#define REQUIRE_MESSAGE(handle_)                                                                                       \
    (void)host;                                                                                                        \
    if ((handle_) != message.handle || message.handle == 0) return GOTAPI_CLOSED

static gotapi_status method(HOST, gotapi_message handle, OUT) {
    REQUIRE_MESSAGE(handle);
    return text_out(word(0), text, length);
}

static gotapi_status field(HOST, gotapi_message handle, uint32_t number, OUT) {
    REQUIRE_MESSAGE(handle);
    switch (number) {
    case GOTAPI_FIELD_SERVICE_ID: return text_out("service", text, length);
    case GOTAPI_FIELD_PROFILE: return text_out(word(1), text, length);
    case GOTAPI_FIELD_ATTRIBUTE: return text_out(word(2), text, length);
    case GOTAPI_FIELD_PACKAGE: return text_out("https://app.example", text, length);
    case GOTAPI_FIELD_CLIENT_ID: return text_out("client", text, length);
    case GOTAPI_FIELD_ACCESS_TOKEN: return text_out("token", text, length);
    case GOTAPI_FIELD_RECEIVER: return text_out("receiver", text, length);
    default: return GOTAPI_INVALID_ARGUMENT;
    }
}

static gotapi_status parameter_at(HOST, gotapi_message handle, uint64_t index, const char **name, uint64_t *name_length,
                                  OUT) {
    const char *equals;
    REQUIRE_MESSAGE(handle);
    if (message.count < 3 || index >= (uint64_t)(message.count - 3)) return GOTAPI_NOT_FOUND;
    *name = message.words[3 + index];
    equals = strchr(*name, '=');
    if (equals == NULL) return GOTAPI_FAILED;
    *name_length = (uint64_t)(equals - *name);
    return text_out(equals + 1, text, length);
}

static gotapi_status parameter(HOST, gotapi_message handle, const char *wanted, uint64_t wanted_length, OUT) {
    uint64_t index, name_length;
    const char *name;
    for (index = 0;; index++) {
        const gotapi_status status = parameter_at(host, handle, index, &name, &name_length, text, length);
        if (status != GOTAPI_OK) return status;
        if (name_length == wanted_length && memcmp(name, wanted, wanted_length) == 0) return GOTAPI_OK;
    }
}

static gotapi_status request_json(HOST, gotapi_message handle, OUT) {
    REQUIRE_MESSAGE(handle);
    return text_out("{}", text, length);
}

static gotapi_status time_left(HOST, gotapi_message handle, uint64_t *milliseconds) {
    REQUIRE_MESSAGE(handle);
    *milliseconds = 60000;
    return GOTAPI_OK;
}

static gotapi_status is_replay(HOST, gotapi_message handle, uint32_t *replay) {
    REQUIRE_MESSAGE(handle);
    *replay = 0;
    return GOTAPI_OK;
}

static gotapi_status return_message(HOST, gotapi_message handle, const char *members, uint64_t length) {
    REQUIRE_MESSAGE(handle);
    if (message.is_answered) return GOTAPI_ALREADY_ANSWERED;
    message.is_answered = 1;
    printf("answer %.*s\n", (int)length, members);
    return GOTAPI_OK;
}

static gotapi_status subscribe(HOST, gotapi_message handle, gotapi_subscription *out) {
    REQUIRE_MESSAGE(handle);
    if (!message.is_request) return GOTAPI_UNSUPPORTED;
    if (message.is_answered) return GOTAPI_ALREADY_ANSWERED;
    *out = subscription = ++last_handle;
    return GOTAPI_OK;
}

static gotapi_status push_message(HOST, gotapi_subscription handle, const char *members, uint64_t length) {
    (void)host;
    if (handle == 0 || handle != subscription) return GOTAPI_CLOSED;
    printf("push %.*s\n", (int)length, members);
    return GOTAPI_OK;
}

static gotapi_status unsubscribe(HOST, gotapi_subscription handle) {
    (void)host;
    if (handle == 0 || handle != subscription) return GOTAPI_CLOSED;
    subscription = 0;
    return GOTAPI_OK;
}

static void let_go(void) {
    if (--message.references > 0) return;
    if (!message.is_answered) printf("unanswered\n");
    message.handle = 0;
}

static gotapi_status retain(HOST, uint64_t handle) {
    if (handle != 0 && handle == subscription) return GOTAPI_OK;
    REQUIRE_MESSAGE(handle);
    message.references++;
    return GOTAPI_OK;
}

static gotapi_status release(HOST, uint64_t handle) {
    if (handle != 0 && handle == subscription) return unsubscribe(host, handle);
    REQUIRE_MESSAGE(handle);
    let_go();
    return GOTAPI_OK;
}

static gotapi_status log_line(HOST, uint32_t level, const char *text, uint64_t length) {
    (void)host;
    printf("log %u %.*s\n", level, (int)length, text);
    return GOTAPI_OK;
}

static gotapi_status config(HOST, OUT) {
    (void)host;
    return text_out("{}", text, length);
}

static gotapi_status directory(HOST, OUT) {
    (void)host;
    return text_out("", text, length);
}

static gotapi_status start_timer(HOST, uint64_t delay, uint64_t interval, void *user, gotapi_timer *timer) {
    int index;
    (void)host;
    (void)delay;
    for (index = 0; index < TIMER_LIMIT; index++) {
        if (timers[index].handle != 0) continue;
        *timer = timers[index].handle = ++last_handle;
        timers[index].user = user;
        timers[index].interval = interval;
        return GOTAPI_OK;
    }
    return GOTAPI_FULL;
}

static gotapi_status stop_timer(HOST, gotapi_timer timer) {
    (void)host;
    (void)timer;
    return GOTAPI_UNSUPPORTED;
}

static gotapi_status call_on_plugin_thread(HOST, void *user) {
    (void)host;
    (void)user;
    return GOTAPI_UNSUPPORTED;
}

static gotapi_status services_changed(HOST) {
    (void)host;
    return GOTAPI_OK;
}

static const void *get_extension(HOST, const char *id) {
    (void)host;
    (void)id;
    return NULL;
}

static const gotapi_host table = {
    sizeof(gotapi_host), GOTAPI_ABI_MINOR, NULL,        method,      field,
    parameter,           parameter_at,     request_json, time_left,   is_replay,
    return_message,      subscribe,        push_message, unsubscribe, retain,
    release,             log_line,         config,       directory,   directory,
    start_timer,         stop_timer,       call_on_plugin_thread,
    services_changed,    get_extension,
};

static void fire_timers(const gotapi_plugin *plugin, void *self) {
    int index;
    for (index = 0; index < TIMER_LIMIT; index++) {
        const gotapi_timer timer = timers[index].handle;
        if (timer == 0) continue;
        if (timers[index].interval == 0) timers[index].handle = 0;
        plugin->on_timer(self, timer, timers[index].user, GOTAPI_OK);
    }
}

static void handle_line(const gotapi_plugin *plugin, void *self, char *line) {
    const int is_discovery = strcmp(line, "discover") == 0;
    char *rest = line;
    char *next;
    message.count = 0;
    while (message.count < WORD_LIMIT && (next = strtok_r(rest, " ", &rest)) != NULL) {
        message.words[message.count++] = next;
    }
    if (is_discovery && plugin->on_service_discovery == NULL) {
        printf("services %.*s\n", (int)plugin->services_length, plugin->services);
        return;
    }
    message.handle = ++last_handle;
    message.references = 1;
    message.is_answered = 0;
    message.is_request = !is_discovery;
    (is_discovery ? plugin->on_service_discovery : plugin->on_message)(self, message.handle);
    if (message.handle == 0) {
        complain("a borrowed message was released");
        return;
    }
    let_go();
    if (plugin->on_timer != NULL) fire_timers(plugin, self);
    if (message.handle != 0 && plugin->on_message_expired != NULL) {
        printf("expired\n");
        plugin->on_message_expired(self, message.handle);
    }
    if (message.handle != 0) complain("a message was kept for ever");
    if (subscription != 0 && plugin->on_unsubscribed != NULL) {
        const gotapi_subscription ended = subscription;
        subscription = 0;
        plugin->on_unsubscribed(self, ended, GOTAPI_REASON_CLIENT_GONE);
    }
}

int main(int count, char **arguments) {
    const gotapi_plugin *(*entry)(uint32_t, uint32_t) = NULL;
    const gotapi_plugin *plugin;
    char line[LINE_LIMIT];
    void *self = NULL;
    void *library, *symbol;
    if (count != 2) {
        fprintf(stderr, "usage: %s LIBRARY <REQUESTS\n", arguments[0]);
        return 64;
    }
    library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    symbol = library == NULL ? NULL : dlsym(library, "gotapi_plugin_entry");
    if (symbol == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    memcpy(&entry, &symbol, sizeof entry); /* C has no cast from an object's address to a function's */
    if (entry(GOTAPI_ABI_MAJOR + 1, 0) != NULL) complain("another major version was not refused");
    plugin = entry(GOTAPI_ABI_MAJOR, GOTAPI_ABI_MINOR + 1);
    if (plugin == NULL || plugin->size != sizeof(gotapi_plugin)) {
        fprintf(stderr, "the library refuses this host, or is of another one's\n");
        return 1;
    }
    printf("plugin %.*s %.*s\n", (int)plugin->id_length, plugin->id, (int)plugin->version_length, plugin->version);
    if (plugin->start(plugin->context, &table, &self) != GOTAPI_OK) {
        fprintf(stderr, "start failed\n");
        return 1;
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = 0;
        handle_line(plugin, self, line);
    }
    plugin->stop(self);
    return failures == 0 ? 0 : 1;
}
