/* Swift GotAPI, a host for unit tests of plug-ins · SPDX-License-Identifier: MIT
 *
 * Runs one plug-in in the test's own process, in the same runtime as the gateway's: it gets messages, its answers and
 * pushes are seen, and time passes when the test says so. There is no gateway, no network, and no thread to think of.
 *
 *     const char *problem;
 *     gotapi_testing *host = gotapi_testing_load("./libgotapi-plugin-thermo.so", NULL, &problem);
 *     const char *answer = gotapi_testing_request(host, "get", "/gotapi/temperature?serviceId=com.example.thermo.1");
 *     assert(answer && strstr(answer, "\"celsius\":21.5"));
 *     gotapi_testing_close(host);
 *
 * Link with -lgotapi-plugin-testing. It needs neither Swift nor anything else that is not on every machine with glibc.
 *
 * Time. The plug-in's clock stands still. Timers fire, and messages reach their deadline (60 s after they were sent), inside
 * gotapi_testing_advance and nowhere else. That is the time of timers, deadlines and time_left; the system's clocks, which
 * a plug-in may also read, go on.
 *
 * Waiting. A function below that hands something to the plug-in returns when the plug-in thread has done all that it had to
 * do, what it asked for with call_on_plugin_thread included. What the plug-in's own threads do is waited for in
 * gotapi_testing_request and its like, and in gotapi_testing_wait. No function waits longer than the limit, 10 s of real
 * time (gotapi_testing_set_limit), for a plug-in that hangs.
 *
 * Threads. All functions for one host are called by one thread at a time; it need not be always the same.
 *
 * Memory. Text that is handed out is the host's, UTF-8 and ended by NUL, and lives until the next call with the same host.
 * Text that is passed in is UTF-8, ended by NUL, and needed during the call only.
 *
 * Errors. Where a function returns NULL or 0 for want of something, gotapi_testing_problem says why, in words for people.
 * A plug-in that crashes takes the test with it.
 */
#ifndef GOTAPI_TESTING_H
#define GOTAPI_TESTING_H

#include "gotapi_plugin.h"

#if defined(__cplusplus)
extern "C" {
#endif

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-extension"
#endif

/* One plug-in that runs. */
typedef struct gotapi_testing gotapi_testing;

/* What a plug-in's entry is: gotapi_plugin_entry, or a function like it. */
typedef const gotapi_plugin *GOTAPI_NULLABLE (*gotapi_testing_entry)(uint32_t host_abi_major, uint32_t host_abi_minor);

/* -- Beginning and end. */

/* Loads the library at a path and starts the plug-in. `config` is its configuration, a JSON object, or NULL for "{}". The
 * plug-in's data folder is a new one, removed by gotapi_testing_close; its resource folder is the library's. NULL: it was
 * not started, and `problem`, where it is not NULL, says why; that text lives until the thread's next call of this
 * function or of gotapi_testing_open.
 *
 * The library stays in the process. Load one library for one host at a time; loaded again, it has its variables as it left
 * them. */
GOTAPI_EXPORT gotapi_testing *GOTAPI_NULLABLE gotapi_testing_load(
    const char *GOTAPI_NONNULL library, const char *GOTAPI_NULLABLE config,
    const char *GOTAPI_NULLABLE *GOTAPI_NULLABLE problem);

/* The same for a plug-in that is a part of the test's program: gotapi_testing_open(gotapi_plugin_entry, NULL, &problem). It
 * has no resource folder. */
GOTAPI_EXPORT gotapi_testing *GOTAPI_NULLABLE gotapi_testing_open(
    gotapi_testing_entry GOTAPI_NONNULL entry, const char *GOTAPI_NULLABLE config,
    const char *GOTAPI_NULLABLE *GOTAPI_NULLABLE problem);

/* Stops the plug-in and says what it had not let go of, for example "1 message was retained and not released"; NULL where
 * that is nothing. What it logged and pushed in the end can still be read; only that and gotapi_testing_close are left to be
 * called. Where `stop` does not return within the limit, the text says so. */
GOTAPI_EXPORT const char *GOTAPI_NULLABLE gotapi_testing_stop(gotapi_testing *GOTAPI_NONNULL host);

/* Stops the plug-in, unless that was done, and frees the host. NULL: nothing happens. */
GOTAPI_EXPORT void gotapi_testing_close(gotapi_testing *GOTAPI_NULLABLE host);

/* Why the last call with this host returned NULL or 0; NULL where all was well. */
GOTAPI_EXPORT const char *GOTAPI_NULLABLE gotapi_testing_problem(const gotapi_testing *GOTAPI_NONNULL host);

/* How long a function waits at most, in milliseconds of real time. 10,000 if it is not set. */
GOTAPI_EXPORT void gotapi_testing_set_limit(gotapi_testing *GOTAPI_NONNULL host, uint32_t milliseconds);

/* -- Requests. */

/* Sends a request and waits for its answer, also where another thread of the plug-in's gives it. `method` is "get", "post",
 * "put" or "delete", in any case. `target` is what stands in a web address, percent-encoded:
 * "/gotapi/profile/attribute?serviceId=…&name=value"; parameters that a browser would send in the body stand there too.
 * Returns the members that the plug-in gave, its JSON text byte for byte. NULL: there is no answer; the plug-in let go of
 * the message without one, or keeps it for longer than the limit. An answer that waits for a timer does not come by itself:
 * use gotapi_testing_send, gotapi_testing_advance and gotapi_testing_answer. */
GOTAPI_EXPORT const char *GOTAPI_NULLABLE gotapi_testing_request(gotapi_testing *GOTAPI_NONNULL host,
                                                                 const char *GOTAPI_NONNULL method,
                                                                 const char *GOTAPI_NONNULL target);

/* Asks which services there are (on_service_discovery). Returns members: {"services":[…]}. */
GOTAPI_EXPORT const char *GOTAPI_NULLABLE gotapi_testing_discover(gotapi_testing *GOTAPI_NONNULL host);

/* Asks whether the client may talk to a service: on_client_id and on_access_token. Return members: {"accept":true}. */
GOTAPI_EXPORT const char *GOTAPI_NULLABLE gotapi_testing_ask_client_id(gotapi_testing *GOTAPI_NONNULL host,
                                                                       const char *GOTAPI_NONNULL service_id);
GOTAPI_EXPORT const char *GOTAPI_NULLABLE gotapi_testing_ask_access_token(gotapi_testing *GOTAPI_NONNULL host,
                                                                          const char *GOTAPI_NONNULL service_id);

/* Who asks from now on: GOTAPI_FIELD_CLIENT_ID and, where `origin` is not NULL, GOTAPI_FIELD_PACKAGE. "client-1" of
 * "https://app.example" if nothing is said. */
GOTAPI_EXPORT void gotapi_testing_set_client(gotapi_testing *GOTAPI_NONNULL host, const char *GOTAPI_NONNULL client,
                                             const char *GOTAPI_NULLABLE origin);

/* -- Requests whose answer comes later. */

/* Sends a request and returns its number. 0: the target is none. */
GOTAPI_EXPORT uint64_t gotapi_testing_send(gotapi_testing *GOTAPI_NONNULL host, const char *GOTAPI_NONNULL method,
                                           const char *GOTAPI_NONNULL target);

/* The answer to a message that was sent, once. NULL: it is not there yet, or there will be none. */
GOTAPI_EXPORT const char *GOTAPI_NULLABLE gotapi_testing_answer(gotapi_testing *GOTAPI_NONNULL host,
                                                                uint64_t message);

/* Ends a message as if its client had gone: an answer no longer counts, and on_message_expired is called where the plug-in
 * still holds it. */
GOTAPI_EXPORT void gotapi_testing_cancel(gotapi_testing *GOTAPI_NONNULL host, uint64_t message);

/* -- Time. */

/* Moves the plug-in's time by 0 or more milliseconds. Each timer and deadline that becomes due on the way is delivered at
 * its own moment, in order, and all that the plug-in thread does about it is done, before this returns. */
GOTAPI_EXPORT void gotapi_testing_advance(gotapi_testing *GOTAPI_NONNULL host, int64_t milliseconds);

/* Waits, in real time and at most so many milliseconds, for an answer, a push or a line of the log that nobody has seen
 * yet, from the plug-in's own threads. 1: there is one; 0: there is none. */
GOTAPI_EXPORT uint32_t gotapi_testing_wait(gotapi_testing *GOTAPI_NONNULL host, uint32_t milliseconds);

/* -- Subscriptions. */

/* The members of the oldest push that was not handed out yet, as the plug-in gave them. NULL: there is none. */
GOTAPI_EXPORT const char *GOTAPI_NULLABLE gotapi_testing_next_push(gotapi_testing *GOTAPI_NONNULL host);

/* The number of the request (gotapi_testing_send) in whose name the push was made that was handed out last; of a request of
 * gotapi_testing_request too, whose number is the one behind that of the message before it. 0: there was no push. */
GOTAPI_EXPORT uint64_t gotapi_testing_pushed_for(const gotapi_testing *GOTAPI_NONNULL host);

/* How many subscriptions there are, of all clients. */
GOTAPI_EXPORT uint32_t gotapi_testing_subscriptions(gotapi_testing *GOTAPI_NONNULL host);

/* Ends all subscriptions of the client (gotapi_testing_set_client), for one of GOTAPI_REASON_…: GOTAPI_REASON_CLIENT_GONE
 * where its page was closed. Returns how many those were. */
GOTAPI_EXPORT uint32_t gotapi_testing_unsubscribe(gotapi_testing *GOTAPI_NONNULL host, uint32_t reason);

/* Whether the client has a socket: 0 or 1. Pushes to one that has none get GOTAPI_DROPPED. At first it has one. */
GOTAPI_EXPORT void gotapi_testing_set_reachable(gotapi_testing *GOTAPI_NONNULL host, uint32_t is_reachable);

/* -- Around. */

/* The oldest line that was logged and not handed out yet, with its level: "warning: the sensor does not answer". What the
 * host itself says of the plug-in, for example that a message was answered twice, is among them. NULL: there is none. */
GOTAPI_EXPORT const char *GOTAPI_NULLABLE gotapi_testing_log_line(gotapi_testing *GOTAPI_NONNULL host);

/* How often the plug-in has called services_changed so far; calls of which nothing else came in between count once. */
GOTAPI_EXPORT uint32_t gotapi_testing_services_changed(gotapi_testing *GOTAPI_NONNULL host);

/* The plug-in's data folder. */
GOTAPI_EXPORT const char *GOTAPI_NONNULL gotapi_testing_data_directory(const gotapi_testing *GOTAPI_NONNULL host);

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

#if defined(__cplusplus)
}
#endif

#endif /* GOTAPI_TESTING_H */
