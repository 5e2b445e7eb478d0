/* Swift GotAPI plug-in interface, ABI 1.0 · SPDX-License-Identifier: MIT
 *
 * A plug-in is a shared library, libgotapi-plugin-NAME.so, that serves devices to web applications through a GotAPI
 * gateway. This header is the whole contract between the two (GotAPI-4). A library built against it works in every
 * later gateway with the same major version: published structs never change, not even by growing; what comes later is
 * an extension, found by name through get_extension.
 *
 * A library gives the gateway three things: an ELF note (GOTAPI_PLUGIN_NOTE), one exported function
 * (gotapi_plugin_entry), and the constant gotapi_plugin that this function returns. The gateway gives the library one:
 * the table gotapi_host. Neither has undefined symbols that the other would have to provide.
 *
 * Threads. Every function below carries one of these tags:
 *   [plug-in thread]  The one thread that the gateway makes for this plug-in. It calls all callbacks but get_extension,
 *                     one after another, never two at once. Host functions with this tag return GOTAPI_WRONG_THREAD
 *                     elsewhere.
 *   [any thread]      Any thread, also several at once. Host functions may be called from the plug-in's own threads
 *                     between the beginning of start and the end of stop; later calls return GOTAPI_CLOSED.
 * Host functions never call back into the plug-in, and never wait for longer than a short lock.
 *
 * Memory. Nobody frees the other side's memory. What is passed into a call is borrowed for that call, in both
 * directions; text that a host function hands out lives as its description says. Text is UTF-8, given by pointer and
 * length in bytes, and NOT terminated by NUL unless a description says so. A length of 0 allows any pointer, also NULL.
 *
 * Handles (messages, subscriptions, timers) are numbers, checked at every use and never 0: a stale, foreign or released
 * one gets GOTAPI_CLOSED, not undefined behaviour.
 *
 * The border. No exception, panic or longjmp crosses it. A plug-in leaves its process alone: no signal handlers, chdir,
 * setenv or umask.
 */
#ifndef GOTAPI_PLUGIN_H
#define GOTAPI_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#if UINTPTR_MAX != UINT64_MAX
#error "The GotAPI plug-in interface is defined for 64-bit targets"
#endif

#define GOTAPI_ABI_MAJOR 1
/* Counts the extensions that exist. Any minor runs with any other. */
#define GOTAPI_ABI_MINOR 0

#if defined(__GNUC__)
#define GOTAPI_EXPORT __attribute__((visibility("default")))
#else
#define GOTAPI_EXPORT
#endif

#if defined(__cplusplus)
#define GOTAPI_STATIC_ASSERT(condition, text) static_assert(condition, text)
extern "C" {
#else
#define GOTAPI_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

/* Nullability, where the compiler knows it: other languages import better types from it. */
#if defined(__clang__)
#define GOTAPI_NULLABLE _Nullable
#define GOTAPI_NONNULL _Nonnull
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-extension"
#else
#define GOTAPI_NULLABLE
#define GOTAPI_NONNULL
#endif

/* ---- Status ------------------------------------------------------------------------------------------------------ */

/* What functions return. Negative values are the plug-in's own. */
typedef int32_t gotapi_status;

#define GOTAPI_STATUS_MAP(XX)                                                                                          \
    XX(OK, 0, "done")                                                                                                  \
    XX(NOT_FOUND, 1, "there is no such parameter, field or extension")                                                 \
    XX(INVALID_ARGUMENT, 2, "an argument is not allowed: a NULL, an unknown number, text that is not UTF-8")           \
    XX(ALREADY_ANSWERED, 3, "this message has its answer; nothing was changed")                                        \
    XX(CLOSED, 4, "the handle is stale, foreign or released, its time is over, or the plug-in is stopped")             \
    XX(DROPPED, 5, "the client has no socket: the push was not sent")                                                  \
    XX(FULL, 6, "the gateway has not yet read what was pushed before: the push was not sent, try again later")         \
    XX(TOO_LARGE, 7, "more than 1 MiB")                                                                                \
    XX(BAD_JSON, 8, "not one JSON object (RFC 8259), or nested deeper than 64")                                        \
    XX(WRONG_THREAD, 9, "only allowed on the plug-in thread")                                                          \
    XX(UNSUPPORTED, 10, "this message cannot do that: only requests can be subscribed to")                             \
    XX(FAILED, 11, "failed for another reason, which the log says")

enum {
#define XX(name, value, text) GOTAPI_##name = value,
    GOTAPI_STATUS_MAP(XX)
#undef XX
};

/* ---- Handles and numbers ----------------------------------------------------------------------------------------- */

/* A request, a service discovery, or half of a negotiation. */
typedef uint64_t gotapi_message;
/* The right to push to one client in the name of one of its requests. */
typedef uint64_t gotapi_subscription;
typedef uint64_t gotapi_timer;

/* Fields of a message. */
enum {
    GOTAPI_FIELD_SERVICE_ID = 0,
    GOTAPI_FIELD_PROFILE = 1,
    GOTAPI_FIELD_ATTRIBUTE = 2,
    /* The application's origin, for example "https://localhost:4036"; empty where it has none. */
    GOTAPI_FIELD_PACKAGE = 3,
    /* Values that the gateway makes for this plug-in and client, the same as long as the client is approved. They are
     * not the application's own, so a plug-in cannot act as the application. */
    GOTAPI_FIELD_CLIENT_ID = 4,
    GOTAPI_FIELD_ACCESS_TOKEN = 5,
    /* The gateway's application id. */
    GOTAPI_FIELD_RECEIVER = 6
};

/* Flags of a plug-in, in the note and in gotapi_plugin alike. */
enum {
    /* The device can be open only once: at a reload the old version is stopped before the new one starts. */
    GOTAPI_FLAG_EXCLUSIVE = 1,
    /* Subscriptions may be created again, after a crash or a reload, by repeating the request that began them. */
    GOTAPI_FLAG_REPLAYABLE = 2,
    /* on_message may run on several threads at once and never waits. Counts only where the owner asks for the inline
     * lane; otherwise everything runs on the plug-in thread. */
    GOTAPI_FLAG_INLINE = 4
};

/* Why a subscription ended without the plug-in's doing. */
enum {
    /* The client had no socket for 10 s. */
    GOTAPI_REASON_CLIENT_GONE = 1,
    /* The client's access token ended. */
    GOTAPI_REASON_TOKEN_ENDED = 2,
    /* The plug-in is being stopped. */
    GOTAPI_REASON_STOPPING = 3,
    /* The client has too many subscriptions (256). */
    GOTAPI_REASON_LIMIT = 4
};

enum {
    GOTAPI_LOG_TRACE = 0,
    GOTAPI_LOG_DEBUG = 1,
    GOTAPI_LOG_INFO = 2,
    GOTAPI_LOG_NOTICE = 3,
    GOTAPI_LOG_WARNING = 4,
    GOTAPI_LOG_ERROR = 5,
    GOTAPI_LOG_CRITICAL = 6
};

/* ---- What the host gives ----------------------------------------------------------------------------------------- */

/* The gateway's functions. The table and everything in it stay as they are until the process ends. The first argument of
 * each function is the table itself. */
typedef struct gotapi_host {
    /* sizeof(gotapi_host). A plug-in refuses to start (returns GOTAPI_UNSUPPORTED) where it is another number. */
    uint32_t size;
    uint32_t abi_minor;
    /* The host's own. */
    void *GOTAPI_NULLABLE context;

    /* -- Reading a message. Text lives as long as the caller holds the message: until the callback returns that it was
     *    passed to, or until its release where it was retained. GOTAPI_CLOSED: no such message. */

    /* The HTTP method in lower case: "get", "post", "put" or "delete". [any thread] */
    gotapi_status (*GOTAPI_NONNULL method)(const struct gotapi_host *GOTAPI_NONNULL host, gotapi_message message,
                                           const char *GOTAPI_NULLABLE *GOTAPI_NONNULL text,
                                           uint64_t *GOTAPI_NONNULL length);
    /* One of GOTAPI_FIELD_…; empty where the message has none. GOTAPI_INVALID_ARGUMENT: no such field. [any thread] */
    gotapi_status (*GOTAPI_NONNULL field)(const struct gotapi_host *GOTAPI_NONNULL host, gotapi_message message,
                                          uint32_t field, const char *GOTAPI_NULLABLE *GOTAPI_NONNULL text,
                                          uint64_t *GOTAPI_NONNULL length);
    /* A request parameter by its name. GOTAPI_NOT_FOUND: the request has none of that name, which is not the same as an
     * empty one. [any thread] */
    gotapi_status (*GOTAPI_NONNULL parameter)(const struct gotapi_host *GOTAPI_NONNULL host, gotapi_message message,
                                              const char *GOTAPI_NULLABLE name, uint64_t name_length,
                                              const char *GOTAPI_NULLABLE *GOTAPI_NONNULL value,
                                              uint64_t *GOTAPI_NONNULL value_length);
    /* The parameters one after another, from 0; GOTAPI_NOT_FOUND behind the last. [any thread] */
    gotapi_status (*GOTAPI_NONNULL parameter_at)(const struct gotapi_host *GOTAPI_NONNULL host, gotapi_message message,
                                                 uint64_t index, const char *GOTAPI_NULLABLE *GOTAPI_NONNULL name,
                                                 uint64_t *GOTAPI_NONNULL name_length,
                                                 const char *GOTAPI_NULLABLE *GOTAPI_NONNULL value,
                                                 uint64_t *GOTAPI_NONNULL value_length);
    /* The whole message as a JSON object: method, serviceId, profile, attribute, package, clientId, accessToken,
     * receiver, and params, an object of texts. [any thread] */
    gotapi_status (*GOTAPI_NONNULL request_json)(const struct gotapi_host *GOTAPI_NONNULL host, gotapi_message message,
                                                 const char *GOTAPI_NULLABLE *GOTAPI_NONNULL text,
                                                 uint64_t *GOTAPI_NONNULL length);
    /* Milliseconds until an answer no longer counts; 0 if that time is over. [any thread] */
    gotapi_status (*GOTAPI_NONNULL time_left)(const struct gotapi_host *GOTAPI_NONNULL host, gotapi_message message,
                                              uint64_t *GOTAPI_NONNULL milliseconds);
    /* 1 where the request is repeated to create a subscription again, else 0: start the events, but do not repeat a
     * command. Only plug-ins with GOTAPI_FLAG_REPLAYABLE get such requests. [any thread] */
    gotapi_status (*GOTAPI_NONNULL is_replay)(const struct gotapi_host *GOTAPI_NONNULL host, gotapi_message message,
                                              uint32_t *GOTAPI_NONNULL is_replay);

    /* -- Answering. */

    /* Gives the message its one answer. `members` is a JSON object. For a request: result (0, or a number above 0 that
     * says what went wrong), errorCode, errorMessage, statusCode, and any data under any other name (names that the
     * gateway keeps for itself, and those that begin with "_", are skipped). For a service discovery: services, an array.
     * For a client id or an access token: accept (true if absent) and errorMessage. The text is copied.
     * GOTAPI_OK; GOTAPI_ALREADY_ANSWERED: the first answer stands; GOTAPI_CLOSED: too late, or the client is gone;
     * GOTAPI_TOO_LARGE, GOTAPI_BAD_JSON, GOTAPI_INVALID_ARGUMENT (not UTF-8): nothing was answered, try again with
     * another object. [any thread] */
    gotapi_status (*GOTAPI_NONNULL return_message)(const struct gotapi_host *GOTAPI_NONNULL host,
                                                   gotapi_message message, const char *GOTAPI_NULLABLE members,
                                                   uint64_t length);

    /* -- Pushing. */

    /* From now on the client of this request may be pushed to in its name. Call it before the answer. The caller owns one
     * reference. GOTAPI_UNSUPPORTED: the message is no request; GOTAPI_ALREADY_ANSWERED, GOTAPI_CLOSED. [any thread] */
    gotapi_status (*GOTAPI_NONNULL subscribe)(const struct gotapi_host *GOTAPI_NONNULL host, gotapi_message message,
                                              gotapi_subscription *GOTAPI_NONNULL subscription);
    /* Pushes a JSON object to the subscription's client, with the members of an answer to a request; result is 0 if
     * absent. The text is copied. GOTAPI_OK: on its way; GOTAPI_DROPPED: the client has no socket at the moment;
     * GOTAPI_FULL, GOTAPI_TOO_LARGE, GOTAPI_BAD_JSON, GOTAPI_INVALID_ARGUMENT (not UTF-8): not sent; GOTAPI_CLOSED: the
     * subscription is over. [any thread] */
    gotapi_status (*GOTAPI_NONNULL push_message)(const struct gotapi_host *GOTAPI_NONNULL host,
                                                 gotapi_subscription subscription, const char *GOTAPI_NULLABLE members,
                                                 uint64_t length);
    /* Ends a subscription, whoever still holds it. on_unsubscribed is not called for it. [any thread] */
    gotapi_status (*GOTAPI_NONNULL unsubscribe)(const struct gotapi_host *GOTAPI_NONNULL host,
                                                gotapi_subscription subscription);

    /* -- Holding on. */

    /* Keeps a message beyond the callback that it was passed to (call it inside), or a subscription once more. Each retain
     * is undone by exactly one release. [any thread] */
    gotapi_status (*GOTAPI_NONNULL retain)(const struct gotapi_host *GOTAPI_NONNULL host, uint64_t handle);
    /* Lets go. With the last reference of a message that has no answer the application gets an error at once; with the
     * last reference of a subscription it ends. [any thread] */
    gotapi_status (*GOTAPI_NONNULL release)(const struct gotapi_host *GOTAPI_NONNULL host, uint64_t handle);

    /* -- Around. */

    /* Writes one line to the gateway's log under the plug-in's id. `level` is one of GOTAPI_LOG_…; at most 4 KiB of the
     * text are kept. [any thread] */
    gotapi_status (*GOTAPI_NONNULL log)(const struct gotapi_host *GOTAPI_NONNULL host, uint32_t level,
                                        const char *GOTAPI_NULLABLE text, uint64_t length);
    /* This plug-in's `config` from the owner's config.json, a JSON value, "{}" if there is none. Lives until stop returns.
     * [any thread] */
    gotapi_status (*GOTAPI_NONNULL config)(const struct gotapi_host *GOTAPI_NONNULL host,
                                           const char *GOTAPI_NULLABLE *GOTAPI_NONNULL text,
                                           uint64_t *GOTAPI_NONNULL length);
    /* A folder of the plug-in's own, only it can read it, kept across updates. An absolute path, here with a NUL behind
     * it. Lives until stop returns. [any thread] */
    gotapi_status (*GOTAPI_NONNULL data_directory)(const struct gotapi_host *GOTAPI_NONNULL host,
                                                   const char *GOTAPI_NULLABLE *GOTAPI_NONNULL text,
                                                   uint64_t *GOTAPI_NONNULL length);
    /* The folder in which the library was found, if it has one of its own, to read resources from; else empty. With a NUL
     * behind it. Lives until stop returns. [any thread] */
    gotapi_status (*GOTAPI_NONNULL resource_directory)(const struct gotapi_host *GOTAPI_NONNULL host,
                                                       const char *GOTAPI_NULLABLE *GOTAPI_NONNULL text,
                                                       uint64_t *GOTAPI_NONNULL length);
    /* Has on_timer called with GOTAPI_OK after `delay` milliseconds, and then, where `interval` is not 0, every `interval`
     * milliseconds (missed rounds are left out). The timer's last call is its only one where interval is 0; else, and
     * wherever the timer is stopped or the plug-in stops first, one with GOTAPI_CLOSED: free `user` there. At most 1,024
     * timers: GOTAPI_FULL. [plug-in thread] */
    gotapi_status (*GOTAPI_NONNULL start_timer)(const struct gotapi_host *GOTAPI_NONNULL host, uint64_t delay,
                                                uint64_t interval, void *GOTAPI_NULLABLE user,
                                                gotapi_timer *GOTAPI_NONNULL timer);
    /* Stops a timer. on_timer is called a last time, with GOTAPI_CLOSED, soon after this returned. [plug-in thread] */
    gotapi_status (*GOTAPI_NONNULL stop_timer)(const struct gotapi_host *GOTAPI_NONNULL host, gotapi_timer timer);
    /* Has on_call called on the plug-in thread. Each call that was accepted here (GOTAPI_OK) is delivered exactly once, at
     * stop with GOTAPI_CLOSED. At most 65,536 wait: GOTAPI_FULL. GOTAPI_UNSUPPORTED: no on_call. [any thread] */
    gotapi_status (*GOTAPI_NONNULL call_on_plugin_thread)(const struct gotapi_host *GOTAPI_NONNULL host,
                                                          void *GOTAPI_NULLABLE user);
    /* Says that the plug-in's services are not what it said last: the gateway asks on_service_discovery. [any thread] */
    gotapi_status (*GOTAPI_NONNULL services_changed)(const struct gotapi_host *GOTAPI_NONNULL host);
    /* A table of a later extension, "gotapi.NAME/1" (ended by NUL), or NULL. Lives as long as this table. [any thread] */
    const void *GOTAPI_NULLABLE (*GOTAPI_NONNULL get_extension)(const struct gotapi_host *GOTAPI_NONNULL host,
                                                                const char *GOTAPI_NONNULL id);
} gotapi_host;

/* ---- What the plug-in gives -------------------------------------------------------------------------------------- */

/* What a plug-in is and does. The struct and all that it points to stay as they are until the process ends. Callbacks may
 * be NULL except start, stop and on_message. `self` is what start handed out. */
typedef struct gotapi_plugin {
    /* sizeof(gotapi_plugin) */
    uint32_t size;
    /* GOTAPI_FLAG_…, the same as in the note. */
    uint32_t flags;
    /* The plug-in's identity across versions, a reverse domain name such as com.example.thermo: 1 to 63 letters, digits,
     * '.', '-' and '_', beginning with a letter. The same as in the note. */
    const char *GOTAPI_NULLABLE id;
    uint64_t id_length;
    /* For people. */
    const char *GOTAPI_NULLABLE name;
    uint64_t name_length;
    const char *GOTAPI_NULLABLE version;
    uint64_t version_length;
    const char *GOTAPI_NULLABLE vendor;
    uint64_t vendor_length;
    /* A JSON array of service objects: serviceId, name, online, scopes (an array of profiles), and whatever else
     * applications are to see. "[]" where they are known later only. */
    const char *GOTAPI_NULLABLE services;
    uint64_t services_length;
    /* Passed to start. */
    void *GOTAPI_NULLABLE context;

    /* Opens the device; before all other callbacks, at most 10 s. Hands out `self`. Anything but GOTAPI_OK: the plug-in is
     * not served, and nothing of it is called any more, neither stop nor for timers and calls that were begun here. May be
     * called again after stop. [plug-in thread] */
    gotapi_status (*GOTAPI_NULLABLE start)(void *GOTAPI_NULLABLE context, const gotapi_host *GOTAPI_NONNULL host,
                                           void *GOTAPI_NULLABLE *GOTAPI_NONNULL self);
    /* The last call. Ends the plug-in's own threads before it returns; at most 2 s. [plug-in thread] */
    void (*GOTAPI_NULLABLE stop)(void *GOTAPI_NULLABLE self);
    /* An application asks which services there are. NULL: those of `services`. [plug-in thread] */
    void (*GOTAPI_NULLABLE on_service_discovery)(void *GOTAPI_NULLABLE self, gotapi_message message);
    /* A client's first request to a service: may it talk to this plug-in? NULL: yes. [plug-in thread] */
    void (*GOTAPI_NULLABLE on_client_id)(void *GOTAPI_NULLABLE self, gotapi_message message);
    /* The second half of that negotiation. NULL: yes. [plug-in thread] */
    void (*GOTAPI_NULLABLE on_access_token)(void *GOTAPI_NULLABLE self, gotapi_message message);
    /* A request. Answer it inside, or retain it, answer later, and release it. One whose time is over before its turn
     * comes is never passed on. [plug-in thread] */
    void (*GOTAPI_NULLABLE on_message)(void *GOTAPI_NULLABLE self, gotapi_message message);
    /* Nobody listens to a subscription any more, for one of GOTAPI_REASON_…; it is over, and so are all references to it: a
     * release returns GOTAPI_CLOSED and does no harm. [plug-in thread] */
    void (*GOTAPI_NULLABLE on_unsubscribed)(void *GOTAPI_NULLABLE self, gotapi_subscription subscription,
                                            uint32_t reason);
    /* The deadline of a message that is still held has passed, or its client is gone: an answer no longer counts. Each
     * retain is still to be undone. [plug-in thread] */
    void (*GOTAPI_NULLABLE on_message_expired)(void *GOTAPI_NULLABLE self, gotapi_message message);
    /* See start_timer. [plug-in thread] */
    void (*GOTAPI_NULLABLE on_timer)(void *GOTAPI_NULLABLE self, gotapi_timer timer, void *GOTAPI_NULLABLE user,
                                     gotapi_status status);
    /* See call_on_plugin_thread. [plug-in thread] */
    void (*GOTAPI_NULLABLE on_call)(void *GOTAPI_NULLABLE self, void *GOTAPI_NULLABLE user, gotapi_status status);
    /* The plug-in's table of a later extension, "gotapi.NAME/1" (ended by NUL), or NULL. Also before start. [any thread] */
    const void *GOTAPI_NULLABLE (*GOTAPI_NULLABLE get_extension)(const char *GOTAPI_NONNULL id);
} gotapi_plugin;

/* The one function that a plug-in exports. Called once, after the library was loaded, before start. NULL: the plug-in
 * refuses this gateway. [plug-in thread] */
GOTAPI_EXPORT const gotapi_plugin *GOTAPI_NULLABLE gotapi_plugin_entry(uint32_t host_abi_major,
                                                                       uint32_t host_abi_minor);

/* ---- The note ---------------------------------------------------------------------------------------------------- */

/* The ELF note that says what the file is before a byte of its code runs: section .note.gotapi, owner "GotAPI", type 1. */
typedef struct gotapi_note {
    uint32_t owner_size;      /* 7 */
    uint32_t descriptor_size; /* 80 */
    uint32_t type;            /* 1 */
    char owner[8];            /* "GotAPI" */
    uint32_t abi_major;
    uint32_t abi_minor;
    uint32_t flags;
    uint32_t reserved; /* 0 */
    char id[64];       /* padded with NUL */
} gotapi_note;

/* Writes the note. Once in a library, at file scope, without a semicolon behind it: GOTAPI_PLUGIN_NOTE("com.example.x", 0) */
#define GOTAPI_PLUGIN_NOTE(plugin_id, plugin_flags)                                                                    \
    GOTAPI_STATIC_ASSERT(sizeof(plugin_id) <= 64, "a plug-in's id has at most 63 characters");                         \
    __attribute__((section(".note.gotapi"), used, aligned(4))) static const gotapi_note gotapi_plugin_note_ = {        \
        7, 80, 1, "GotAPI", GOTAPI_ABI_MAJOR, GOTAPI_ABI_MINOR, plugin_flags, 0, plugin_id};

/* A text literal as the two members that a text has: GOTAPI_TEXT("Hello") */
#define GOTAPI_TEXT(literal) literal, sizeof(literal) - 1

/* ---- The layout, for ever ---------------------------------------------------------------------------------------- */

#define GOTAPI_ASSERT_OFFSET(type, member, offset)                                                                     \
    GOTAPI_STATIC_ASSERT(offsetof(type, member) == (offset), #type "." #member " has moved")

GOTAPI_STATIC_ASSERT(sizeof(gotapi_host) == 192, "gotapi_host has changed its size");
GOTAPI_ASSERT_OFFSET(gotapi_host, size, 0);
GOTAPI_ASSERT_OFFSET(gotapi_host, abi_minor, 4);
GOTAPI_ASSERT_OFFSET(gotapi_host, context, 8);
GOTAPI_ASSERT_OFFSET(gotapi_host, method, 16);
GOTAPI_ASSERT_OFFSET(gotapi_host, field, 24);
GOTAPI_ASSERT_OFFSET(gotapi_host, parameter, 32);
GOTAPI_ASSERT_OFFSET(gotapi_host, parameter_at, 40);
GOTAPI_ASSERT_OFFSET(gotapi_host, request_json, 48);
GOTAPI_ASSERT_OFFSET(gotapi_host, time_left, 56);
GOTAPI_ASSERT_OFFSET(gotapi_host, is_replay, 64);
GOTAPI_ASSERT_OFFSET(gotapi_host, return_message, 72);
GOTAPI_ASSERT_OFFSET(gotapi_host, subscribe, 80);
GOTAPI_ASSERT_OFFSET(gotapi_host, push_message, 88);
GOTAPI_ASSERT_OFFSET(gotapi_host, unsubscribe, 96);
GOTAPI_ASSERT_OFFSET(gotapi_host, retain, 104);
GOTAPI_ASSERT_OFFSET(gotapi_host, release, 112);
GOTAPI_ASSERT_OFFSET(gotapi_host, log, 120);
GOTAPI_ASSERT_OFFSET(gotapi_host, config, 128);
GOTAPI_ASSERT_OFFSET(gotapi_host, data_directory, 136);
GOTAPI_ASSERT_OFFSET(gotapi_host, resource_directory, 144);
GOTAPI_ASSERT_OFFSET(gotapi_host, start_timer, 152);
GOTAPI_ASSERT_OFFSET(gotapi_host, stop_timer, 160);
GOTAPI_ASSERT_OFFSET(gotapi_host, call_on_plugin_thread, 168);
GOTAPI_ASSERT_OFFSET(gotapi_host, services_changed, 176);
GOTAPI_ASSERT_OFFSET(gotapi_host, get_extension, 184);

GOTAPI_STATIC_ASSERT(sizeof(gotapi_plugin) == 184, "gotapi_plugin has changed its size");
GOTAPI_ASSERT_OFFSET(gotapi_plugin, size, 0);
GOTAPI_ASSERT_OFFSET(gotapi_plugin, flags, 4);
GOTAPI_ASSERT_OFFSET(gotapi_plugin, id, 8);
GOTAPI_ASSERT_OFFSET(gotapi_plugin, name, 24);
GOTAPI_ASSERT_OFFSET(gotapi_plugin, version, 40);
GOTAPI_ASSERT_OFFSET(gotapi_plugin, vendor, 56);
GOTAPI_ASSERT_OFFSET(gotapi_plugin, services, 72);
GOTAPI_ASSERT_OFFSET(gotapi_plugin, services_length, 80);
GOTAPI_ASSERT_OFFSET(gotapi_plugin, context, 88);
GOTAPI_ASSERT_OFFSET(gotapi_plugin, start, 96);
GOTAPI_ASSERT_OFFSET(gotapi_plugin, stop, 104);
GOTAPI_ASSERT_OFFSET(gotapi_plugin, on_service_discovery, 112);
GOTAPI_ASSERT_OFFSET(gotapi_plugin, on_client_id, 120);
GOTAPI_ASSERT_OFFSET(gotapi_plugin, on_access_token, 128);
GOTAPI_ASSERT_OFFSET(gotapi_plugin, on_message, 136);
GOTAPI_ASSERT_OFFSET(gotapi_plugin, on_unsubscribed, 144);
GOTAPI_ASSERT_OFFSET(gotapi_plugin, on_message_expired, 152);
GOTAPI_ASSERT_OFFSET(gotapi_plugin, on_timer, 160);
GOTAPI_ASSERT_OFFSET(gotapi_plugin, on_call, 168);
GOTAPI_ASSERT_OFFSET(gotapi_plugin, get_extension, 176);

GOTAPI_STATIC_ASSERT(sizeof(gotapi_note) == 100, "gotapi_note has changed its size");
GOTAPI_ASSERT_OFFSET(gotapi_note, owner, 12);
GOTAPI_ASSERT_OFFSET(gotapi_note, abi_major, 20);
GOTAPI_ASSERT_OFFSET(gotapi_note, id, 36);

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

#if defined(__cplusplus)
}
#endif

#endif /* GOTAPI_PLUGIN_H */
