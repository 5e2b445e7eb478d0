/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * Plug-ins that work and that `gotapi plugin check` must not pass. Each is compiled with -DFIXTURE=name and one of the
 * CARELESS_… below; the table in ../README.md says what the checker must find.
 */
#include "fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

GOTAPI_PLUGIN_NOTE(FIXTURE_ID, 0)

/* Keeps what nobody uses from being left out. */
__attribute__((unused)) static void *volatile kept;

#if defined(CARELESS_THREADS)
/* Each start begins a thread that no stop ends. */
static void *sleep_for_ever(void *unused) {
    (void)unused;
    for (;;) sleep(1000);
    return NULL;
}
#endif

#if defined(CARELESS_STOP_WAITS)
/* How many messages wait for their timers. */
static volatile int held;

static void stop(void *self) {
    (void)self;
    while (held > 0) usleep(1000);
}
static void on_timer(void *self, gotapi_timer timer, void *user, gotapi_status status) {
    const gotapi_message message = (gotapi_message)(uintptr_t)user;
    (void)self, (void)timer;
    if (status != GOTAPI_OK) return;
    gotapi_return_ok(host, message);
    host->release(host, message);
    held--;
}
#elif defined(CARELESS_DISCOVERS_LATER)
#define stop fixture_stop
static void on_timer(void *self, gotapi_timer timer, void *user, gotapi_status status) {
    const gotapi_message message = (gotapi_message)(uintptr_t)user;
    (void)self, (void)timer;
    if (status == GOTAPI_OK) host->return_message(host, message, GOTAPI_TEXT("{\"services\":[" FIXTURE_SERVICE "]}"));
    host->release(host, message);
}
#else
#define stop fixture_stop
#define on_timer NULL
#endif

#if defined(CARELESS_OWN_FOLDER)
/* Whether it is where it may write, and nobody else does. */
static int is_in_own_folder(void) {
    char here[4096];
    const char *folder, *home = getenv("HOME"), *temporary = getenv("TMPDIR");
    uint64_t length;
    return getcwd(here, sizeof here) != NULL && home != NULL && strcmp(here, home) == 0 && temporary != NULL
           && strcmp(here, temporary) == 0 && host->data_directory(host, &folder, &length) == GOTAPI_OK
           && strcmp(here, folder) == 0 && access("results", F_OK) != 0;
}
#endif

static gotapi_status start(void *context, const gotapi_host *table, void **self) {
    gotapi_status status = fixture_start(context, table, self);
#if defined(CARELESS_THREADS)
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    if (pthread_create(&thread, &attributes, sleep_for_ever, NULL) == 0) pthread_detach(thread);
    pthread_attr_destroy(&attributes);
#elif defined(CARELESS_STARTS_ONCE)
    static int is_started;
    if (is_started++) return GOTAPI_FAILED;
#elif defined(CARELESS_CONFINED)
    /* As a gateway starts it. */
    struct rlimit memory;
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return GOTAPI_FAILED;
    if (getrlimit(RLIMIT_DATA, &memory) != 0 || memory.rlim_max > (rlim_t)4 << 30) return GOTAPI_FAILED;
#elif defined(CARELESS_OWN_FOLDER)
    if (!is_in_own_folder()) return GOTAPI_FAILED;
#endif
    return status;
}

static void on_message(void *self, gotapi_message message) {
    (void)self;
#if defined(CARELESS_MEMORY)
    /* 4 KiB for each request. */
    kept = memset(malloc(4096), 1, 4096);
#elif defined(CARELESS_DESCRIPTORS)
    if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0) kept = NULL;
#elif defined(CARELESS_BLOCKS)
    /* Long enough to be felt, too short to be given up. */
    usleep(1100 * 1000);
#elif defined(CARELESS_SLOW_ONCE)
    static int is_warm;
    if (!is_warm++) usleep(1100 * 1000);
#elif defined(CARELESS_LONG_VALUES)
    /* Believes that no value has more than 64 bytes. */
    char copy[64];
    uint64_t index;
    for (index = 0;; index++) {
        const char *name, *value;
        uint64_t name_length, value_length;
        if (host->parameter_at(host, message, index, &name, &name_length, &value, &value_length) != GOTAPI_OK) break;
        if (value_length > sizeof copy) abort();
        memcpy(copy, value, value_length);
        kept = copy;
    }
    kept = NULL;
#elif defined(CARELESS_STOP_WAITS)
    gotapi_timer timer;
    if (host->start_timer(host, 100, 0, (void *)(uintptr_t)message, &timer) == GOTAPI_OK) {
        host->retain(host, message);
        held++;
        return;
    }
#endif
    gotapi_return_ok(host, message);
}

#if defined(CARELESS_DISCOVERY)
/* The services without the member that applications look for. */
static void on_service_discovery(void *self, gotapi_message message) {
    (void)self;
    host->return_message(host, message, GOTAPI_TEXT("{\"services\":[{\"name\":\"nameless\"}]}"));
}
#elif defined(CARELESS_DISCOVERS_LATER)
static void on_service_discovery(void *self, gotapi_message message) {
    gotapi_timer timer;
    (void)self;
    if (host->start_timer(host, 5000, 0, (void *)(uintptr_t)message, &timer) == GOTAPI_OK) host->retain(host, message);
}
#else
#define on_service_discovery NULL
#endif

#if defined(CARELESS_EXTENSIONS)
/* One table for whatever is asked. */
static const void *get_extension(const char *id) {
    (void)id;
    return &host;
}
#else
#define get_extension NULL
#endif

static const gotapi_plugin plugin = {
    FIXTURE_DESCRIPTION(0, "[" FIXTURE_SERVICE "]"),
    start,
    stop,
    on_service_discovery,
    NULL, /* on_client_id */
    NULL, /* on_access_token */
    on_message,
    NULL, /* on_unsubscribed */
    NULL, /* on_message_expired */
    on_timer,
    NULL, /* on_call */
    get_extension,
};

#if defined(CARELESS_ANY_HOST)
const gotapi_plugin *gotapi_plugin_entry(uint32_t host_abi_major, uint32_t host_abi_minor) {
    (void)host_abi_major, (void)host_abi_minor;
    return &plugin;
}
#else
FIXTURE_ENTRY(plugin)
#endif

#if defined(CARELESS_EXPORTS)
__attribute__((visibility("default"))) int careless_answer(void) { return 42; }
#endif
