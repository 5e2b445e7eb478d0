/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * The C layer: short forms of what nearly every plug-in does. Each is a few lines over gotapi_plugin.h and hides
 * nothing of it; a status that comes back is the host function's, and threads and lifetimes are as that header says.
 * C11 and C++17; compile with -I for PluginSDK/include and PluginSDK/c.
 */
#ifndef GOTAPI_H
#define GOTAPI_H

#include "gotapi_members.h"
#include "gotapi_plugin.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__cplusplus)
extern "C" {
#endif

#if defined(__GNUC__)
#define GOTAPI_PRINTF_(position, first) __attribute__((format(printf, position, first)))
#else
#define GOTAPI_PRINTF_(position, first)
#endif

/* For start: is this the host table that this plug-in was compiled for? Return GOTAPI_UNSUPPORTED where it is not. */
static inline int gotapi_host_fits(const gotapi_host *host) { return host->size == sizeof(gotapi_host); }

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

/* A text of the host's; `bytes` is NULL where there is none. Not ended by NUL. */
typedef struct gotapi_text {
    const char *bytes;
    uint64_t length;
} gotapi_text;

/* Is it this text, which ends with NUL? A text that is not there equals none, not even "". */
static inline int gotapi_text_equals(gotapi_text text, const char *other) {
    return text.bytes != NULL && text.length == strlen(other) && memcmp(text.bytes, other, text.length) == 0;
}

static inline gotapi_text gotapi_get_method(const gotapi_host *host, gotapi_message message) {
    gotapi_text text = {NULL, 0};
    if (host->method(host, message, &text.bytes, &text.length) != GOTAPI_OK) text.bytes = NULL;
    return text;
}

/* `field` is one of GOTAPI_FIELD_… */
static inline gotapi_text gotapi_get_field(const gotapi_host *host, gotapi_message message, uint32_t field) {
    gotapi_text text = {NULL, 0};
    if (host->field(host, message, field, &text.bytes, &text.length) != GOTAPI_OK) {
        text.bytes = NULL;
    } else if (text.bytes == NULL) {
        text.bytes = ""; /* there, and empty */
    }
    return text;
}

/* `bytes` is NULL where the request has no parameter of this name. */
static inline gotapi_text gotapi_get_parameter(const gotapi_host *host, gotapi_message message, const char *name) {
    gotapi_text text = {NULL, 0};
    if (host->parameter(host, message, name, strlen(name), &text.bytes, &text.length) != GOTAPI_OK) {
        text.bytes = NULL;
    } else if (text.bytes == NULL) {
        text.bytes = "";
    }
    return text;
}

/* "get", "post", "put" or "delete"? */
static inline int gotapi_method_equals(const gotapi_host *host, gotapi_message message, const char *method) {
    return gotapi_text_equals(gotapi_get_method(host, message), method);
}

static inline int gotapi_field_equals(const gotapi_host *host, gotapi_message message, uint32_t field,
                                      const char *text) {
    return gotapi_text_equals(gotapi_get_field(host, message, field), text);
}

static inline int gotapi_parameter_equals(const gotapi_host *host, gotapi_message message, const char *name,
                                          const char *text) {
    return gotapi_text_equals(gotapi_get_parameter(host, message, name), text);
}

/* Reads a decimal integer, all of the text, from `minimum` to `maximum`. GOTAPI_NOT_FOUND: no text.
 * GOTAPI_INVALID_ARGUMENT: something else, or out of range. `value` is changed by GOTAPI_OK only. */
static inline gotapi_status gotapi_parse_integer(gotapi_text text, int64_t minimum, int64_t maximum, int64_t *value) {
    uint64_t index = 0, magnitude = 0, limit = INT64_MAX;
    int64_t number;
    int negative;
    if (text.bytes == NULL) return GOTAPI_NOT_FOUND;
    negative = text.length != 0 && text.bytes[0] == '-';
    if (negative) {
        index = 1;
        limit++;
    }
    if (index == text.length) return GOTAPI_INVALID_ARGUMENT;
    for (; index < text.length; index++) {
        const char byte = text.bytes[index];
        if (byte < '0' || byte > '9' || magnitude > (limit - (uint64_t)(byte - '0')) / 10) {
            return GOTAPI_INVALID_ARGUMENT;
        }
        magnitude = magnitude * 10 + (uint64_t)(byte - '0');
    }
    number = !negative ? (int64_t)magnitude : magnitude == 0 ? 0 : -(int64_t)(magnitude - 1) - 1;
    if (number < minimum || number > maximum) return GOTAPI_INVALID_ARGUMENT;
    *value = number;
    return GOTAPI_OK;
}

/* Reads a number as JSON writes it, at most 63 characters, whatever the locale; else as gotapi_parse_integer. */
static inline gotapi_status gotapi_parse_double(gotapi_text text, double minimum, double maximum, double *value) {
    char point[16], copy[96];
    uint64_t index = 0, length = 0, point_length, digits = 0;
    double number;
    if (text.bytes == NULL) return GOTAPI_NOT_FOUND;
    if (text.length > 63) return GOTAPI_INVALID_ARGUMENT;
    /* What strtod takes for the decimal point: what printf puts between the digits. */
    snprintf(point, sizeof point, "%.1f", 0.0);
    point_length = strlen(point) - 2;
    if (index < text.length && text.bytes[index] == '-') copy[length++] = text.bytes[index++];
    for (; index < text.length && text.bytes[index] >= '0' && text.bytes[index] <= '9'; digits++) {
        copy[length++] = text.bytes[index++];
    }
    if (digits == 0) return GOTAPI_INVALID_ARGUMENT;
    if (index < text.length && text.bytes[index] == '.') {
        memcpy(copy + length, point + 1, point_length);
        length += point_length;
        index++;
        for (digits = 0; index < text.length && text.bytes[index] >= '0' && text.bytes[index] <= '9'; digits++) {
            copy[length++] = text.bytes[index++];
        }
        if (digits == 0) return GOTAPI_INVALID_ARGUMENT;
    }
    if (index < text.length && (text.bytes[index] == 'e' || text.bytes[index] == 'E')) {
        copy[length++] = text.bytes[index++];
        if (index < text.length && (text.bytes[index] == '-' || text.bytes[index] == '+')) {
            copy[length++] = text.bytes[index++];
        }
        for (digits = 0; index < text.length && text.bytes[index] >= '0' && text.bytes[index] <= '9'; digits++) {
            copy[length++] = text.bytes[index++];
        }
        if (digits == 0) return GOTAPI_INVALID_ARGUMENT;
    }
    if (index != text.length) return GOTAPI_INVALID_ARGUMENT;
    copy[length] = 0;
    number = strtod(copy, NULL);
    if (!(number >= minimum && number <= maximum)) return GOTAPI_INVALID_ARGUMENT;
    *value = number;
    return GOTAPI_OK;
}

static inline gotapi_status gotapi_get_integer(const gotapi_host *host, gotapi_message message, const char *name,
                                               int64_t minimum, int64_t maximum, int64_t *value) {
    return gotapi_parse_integer(gotapi_get_parameter(host, message, name), minimum, maximum, value);
}

static inline gotapi_status gotapi_get_double(const gotapi_host *host, gotapi_message message, const char *name,
                                              double minimum, double maximum, double *value) {
    return gotapi_parse_double(gotapi_get_parameter(host, message, name), minimum, maximum, value);
}

/* ---- Answering and pushing --------------------------------------------------------------------------------------- */

/* Finishes the object and gives it as the message's answer. */
static inline gotapi_status gotapi_return_members(const gotapi_host *host, gotapi_message message,
                                                  gotapi_members *members) {
    const gotapi_status status = gotapi_members_finish(members);
    return status != GOTAPI_OK ? status : host->return_message(host, message, members->text, members->length);
}

/* Finishes the object and pushes it. */
static inline gotapi_status gotapi_push_members(const gotapi_host *host, gotapi_subscription subscription,
                                                gotapi_members *members) {
    const gotapi_status status = gotapi_members_finish(members);
    return status != GOTAPI_OK ? status : host->push_message(host, subscription, members->text, members->length);
}

/* Success, and nothing to say. */
static inline gotapi_status gotapi_return_ok(const gotapi_host *host, gotapi_message message) {
    return host->return_message(host, message, GOTAPI_TEXT("{\"result\":0}"));
}

/* Success with one text, of any length: GOTAPI_TOO_LARGE beyond 1 MiB. A long one takes memory while this runs. */
static inline gotapi_status gotapi_return_text(const gotapi_host *host, gotapi_message message, const char *name,
                                               const char *text, uint64_t length) {
    char buffer[2048];
    gotapi_members members;
    gotapi_status status;
    char *memory = buffer;
    uint64_t capacity = sizeof buffer;
    if (name == NULL || (text == NULL && length != 0)) return GOTAPI_INVALID_ARGUMENT;
    if (length > 1 << 20) return GOTAPI_TOO_LARGE;
    capacity = sizeof "{\"result\":0,:}" + gotapi_json_text(NULL, 0, name, strlen(name)) +
               gotapi_json_text(NULL, 0, text, length);
    if (capacity > sizeof buffer) memory = (char *)malloc(capacity);
    if (memory == NULL) return GOTAPI_FAILED;
    gotapi_members_begin(&members, memory, capacity);
    gotapi_members_integer(&members, "result", 0);
    gotapi_members_text(&members, name, text, length);
    status = gotapi_return_members(host, message, &members);
    if (memory != buffer) free(memory);
    return status;
}

/* An error: a number above 0, whose meaning is the plug-in's, and a sentence for people, which together fit in
 * 2 KiB of JSON (else GOTAPI_TOO_LARGE). */
static inline gotapi_status gotapi_return_error(const gotapi_host *host, gotapi_message message, int64_t result,
                                                const char *text) {
    char buffer[2048];
    gotapi_members members;
    gotapi_members_begin(&members, buffer, sizeof buffer);
    gotapi_members_integer(&members, "result", result);
    gotapi_members_string(&members, "errorMessage", text);
    return gotapi_return_members(host, message, &members);
}

/* For on_client_id and on_access_token. `reason`, a sentence for people, may be NULL. */
static inline gotapi_status gotapi_refuse(const gotapi_host *host, gotapi_message message, const char *reason) {
    char buffer[2048];
    gotapi_members members;
    gotapi_members_begin(&members, buffer, sizeof buffer);
    gotapi_members_boolean(&members, "accept", 0);
    if (reason != NULL) gotapi_members_string(&members, "errorMessage", reason);
    return gotapi_return_members(host, message, &members);
}

/* ---- Answering later --------------------------------------------------------------------------------------------- */

/* A message that is kept beyond its callback, in one owner's hands. {NULL, 0}: nothing is kept. */
typedef struct gotapi_held {
    const gotapi_host *host;
    gotapi_message message;
} gotapi_held;

/* Keeps a message; call it inside the callback that the message was passed to. Where the status is not GOTAPI_OK nothing is
 * kept. */
static inline gotapi_status gotapi_hold(const gotapi_host *host, gotapi_message message, gotapi_held *held) {
    const gotapi_status status = host->retain(host, message);
    held->host = status == GOTAPI_OK ? host : NULL;
    held->message = status == GOTAPI_OK ? message : 0;
    return status;
}

/* Lets go, once: a second call does nothing. Without an answer by then the application gets an error at once. */
static inline void gotapi_let_go(gotapi_held *held) {
    if (held->host != NULL) held->host->release(held->host, held->message);
    held->host = NULL;
    held->message = 0;
}

/* Takes it out of `held`, whose next owner the result is. */
static inline gotapi_held gotapi_pass_on(gotapi_held *held) {
    const gotapi_held result = *held;
    held->host = NULL;
    held->message = 0;
    return result;
}

#if defined(__GNUC__)
/* Before a variable: GOTAPI_SCOPED gotapi_held held = …; is let go of wherever its scope is left, also by return. */
#define GOTAPI_SCOPED __attribute__((cleanup(gotapi_let_go)))
#endif

/* ---- Log --------------------------------------------------------------------------------------------------------- */

/* One line, as printf writes it; what is longer than 1,023 bytes is cut. `level` is one of GOTAPI_LOG_… */
GOTAPI_PRINTF_(3, 4)
static inline void gotapi_log(const gotapi_host *host, uint32_t level, const char *format, ...) {
    char line[1024];
    va_list arguments;
    int length;
    va_start(arguments, format);
    length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0) return;
    host->log(host, level, line, (size_t)length < sizeof line ? (uint64_t)length : sizeof line - 1);
}

#if defined(__cplusplus)
}
#endif

#endif /* GOTAPI_H */
