/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * Libraries that the gateway must not serve. Each is compiled with -DFIXTURE=name and one of the BROKEN_… below; the
 * table in ../README.md says what the host must do.
 */
#include "fixture.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- The note ---------------------------------------------------------------------------------------------------- */

#if defined(BROKEN_NOTE_MAJOR)
__attribute__((section(".note.gotapi"), used, aligned(4))) static const gotapi_note note = {
    7, 80, 1, "GotAPI", GOTAPI_ABI_MAJOR + 1, 0, 0, 0, FIXTURE_ID};
#elif defined(BROKEN_NOTE_ID)
GOTAPI_PLUGIN_NOTE("com.example/" FIXTURE_NAME, 0)
#elif defined(BROKEN_NOTE_OTHER_ID)
GOTAPI_PLUGIN_NOTE("com.example.other", 0)
#elif defined(BROKEN_NOTE_UNTERMINATED)
__attribute__((section(".note.gotapi"), used, aligned(4))) static const gotapi_note note = {
    7, 80, 1, "GotAPI", GOTAPI_ABI_MAJOR, 0, 0, 0,
    {'c', 'o', 'm', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e', '.', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a',
     'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a',
     'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a'}};
#elif defined(BROKEN_NOTE_SIZE)
__attribute__((section(".note.gotapi"), used, aligned(4))) static const gotapi_note note = {
    7, 0x7fffffff, 1, "GotAPI", GOTAPI_ABI_MAJOR, 0, 0, 0, FIXTURE_ID};
#elif defined(BROKEN_DUPLICATE_ID)
GOTAPI_PLUGIN_NOTE("com.example.echo", 0)
#elif !defined(BROKEN_NO_NOTE)
GOTAPI_PLUGIN_NOTE(FIXTURE_ID, 0)
#endif

/* ---- The file ---------------------------------------------------------------------------------------------------- */

#if defined(BROKEN_UNDEFINED_SYMBOL)
void gotapi_fixture_that_nobody_defines(void);
__attribute__((used)) static void (*const missing)(void) = gotapi_fixture_that_nobody_defines;
#endif

#if defined(BROKEN_UNIQUE)
/* What g++ makes of an inline variable without -fno-gnu-unique. */
__asm__(".pushsection .data\n"
        ".type gotapi_fixture_unique, @gnu_unique_object\n"
        ".size gotapi_fixture_unique, 4\n"
        "gotapi_fixture_unique: .long 1\n"
        ".popsection\n");
#endif

#if defined(BROKEN_LOAD_HANGS)
/* Runs inside dlopen, which so never returns. */
__attribute__((constructor)) static void hang(void) {
    for (;;) pause();
}
#endif

#if defined(BROKEN_CONSTRUCTOR)
/* Runs inside dlopen: a host that loads the library before it has checked the file leaves this trace. */
__attribute__((constructor)) static void leave_trace(void) {
    const char *trace = getenv("GOTAPI_FIXTURE_TRACE");
    FILE *file = trace == NULL ? NULL : fopen(trace, "w");
    if (file != NULL) fclose(file);
}
#endif

/* ---- The descriptor ---------------------------------------------------------------------------------------------- */

static gotapi_status start(void *context, const gotapi_host *table, void **self) {
#if defined(BROKEN_START_FAILS)
    fixture_start(context, table, self);
    gotapi_log(host, GOTAPI_LOG_ERROR, "the device is not there");
    return GOTAPI_FAILED;
#elif defined(BROKEN_START_OWN_STATUS)
    fixture_start(context, table, self);
    return -42;
#elif defined(BROKEN_START_HANGS)
    fixture_start(context, table, self);
    for (;;) pause();
    return GOTAPI_OK;
#elif defined(BROKEN_START_CRASHES)
    fixture_start(context, table, self);
    abort();
#else
    return fixture_start(context, table, self);
#endif
}

__attribute__((unused)) static void on_message(void *self, gotapi_message message) {
    (void)self;
    gotapi_return_ok(host, message);
}

#if defined(BROKEN_FLAGS)
#define FLAGS 0x80000000u
#elif defined(BROKEN_OTHER_FLAGS)
#define FLAGS GOTAPI_FLAG_EXCLUSIVE
#else
#define FLAGS 0
#endif

#if defined(BROKEN_SERVICES_JSON)
#define SERVICES "[{\"serviceId\":"
#elif defined(BROKEN_SERVICES_OBJECT)
#define SERVICES FIXTURE_SERVICE
#elif defined(BROKEN_SERVICE_MEMBER)
#define SERVICES "[{\"serviceId\":\"" FIXTURE_NAME "\",\"name\":\"x\"}]"
#elif defined(BROKEN_SERVICES_UTF8)
#define SERVICES "[{\"serviceId\":\"\xff\",\"name\":\"x\",\"online\":true,\"scopes\":[\"t\"]}]"
#elif defined(BROKEN_DUPLICATE_SERVICE)
#define SERVICES "[" FIXTURE_SERVICE_OF("echo") "]"
#else
#define SERVICES "[" FIXTURE_SERVICE "]"
#endif

#if !defined(BROKEN_NO_ENTRY)
static gotapi_plugin plugin = {
    FIXTURE_DESCRIPTION(FLAGS, SERVICES),
    start,
    fixture_stop,
    NULL, /* on_service_discovery */
    NULL, /* on_client_id */
    NULL, /* on_access_token */
    on_message,
    NULL, /* on_unsubscribed */
    NULL, /* on_message_expired */
    NULL, /* on_timer */
    NULL, /* on_call */
    NULL, /* get_extension */
};

const gotapi_plugin *gotapi_plugin_entry(uint32_t host_abi_major, uint32_t host_abi_minor) {
    (void)host_abi_minor;
#if defined(BROKEN_ENTRY_REFUSES)
    return NULL;
#elif defined(BROKEN_ENTRY_CRASHES)
    abort();
#endif
    if (host_abi_major != GOTAPI_ABI_MAJOR) return NULL;
#if defined(BROKEN_SIZE)
    plugin.size += 8;
#elif defined(BROKEN_NULL_ID)
    plugin.id = NULL;
#elif defined(BROKEN_ID_LENGTH)
    plugin.id_length = UINT64_MAX;
#elif defined(BROKEN_NAME_UTF8)
    plugin.name = "\xc3\x28";
    plugin.name_length = 2;
#elif defined(BROKEN_NAME_LENGTH)
    plugin.name_length = (uint64_t)1 << 40;
#elif defined(BROKEN_NO_START)
    plugin.start = NULL;
#elif defined(BROKEN_NO_STOP)
    plugin.stop = NULL;
#elif defined(BROKEN_NO_ON_MESSAGE)
    plugin.on_message = NULL;
#elif defined(BROKEN_DUPLICATE_ID)
    plugin.id = "com.example.echo";
    plugin.id_length = strlen(plugin.id);
#elif defined(BROKEN_NOTE_ID)
    plugin.id = "com.example/" FIXTURE_NAME;
#endif
    return &plugin;
}
#endif
