/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * Builds the JSON object that return_message and push_message take, in a buffer of the caller's. Nothing is allocated.
 *
 *     char buffer[512];
 *     gotapi_members members;
 *     gotapi_members_begin(&members, buffer, sizeof buffer);
 *     gotapi_members_integer(&members, "result", 0);
 *     gotapi_members_double(&members, "celsius", 21.5);
 *     if (gotapi_members_finish(&members) == GOTAPI_OK)
 *         host->return_message(host, message, members.text, members.length);
 *
 * Whatever goes wrong on the way (the buffer is full, an argument is NULL, an object is not closed) is remembered:
 * later calls do nothing, and gotapi_members_finish says it. So only that one result needs a look.
 *
 * Names end with NUL. Texts are given by pointer and length; bytes that are not UTF-8 become U+FFFD. The locale plays
 * no part. A gotapi_members may be used by one thread at a time. C11 and C++17.
 */
#ifndef GOTAPI_MEMBERS_H
#define GOTAPI_MEMBERS_H

#include "gotapi_plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__cplusplus)
extern "C" {
#endif

/* ---- Pieces of JSON ---------------------------------------------------------------------------------------------- */

/* Room for any number as gotapi_json_double and gotapi_json_integer write it. */
#define GOTAPI_JSON_NUMBER_SIZE 40

/* The length of the well-formed UTF-8 sequence at `text` (RFC 3629), or 0; `length` is above 0. `skip` becomes how many
 * bytes the ill-formed beginning has that one U+FFFD stands for (Unicode, "maximal subpart"). */
static inline uint64_t gotapi_utf8_sequence(const char *text, uint64_t length, uint64_t *skip) {
    const unsigned char first = (unsigned char)text[0];
    unsigned char low = 0x80, high = 0xbf;
    uint64_t size, index;
    *skip = 1;
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return 0;
    size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    /* The second byte's range keeps out overlong forms, surrogates, and what lies above U+10FFFF. */
    if (first == 0xe0) low = 0xa0;
    if (first == 0xed) high = 0x9f;
    if (first == 0xf0) low = 0x90;
    if (first == 0xf4) high = 0x8f;
    for (index = 1; index < size; index++) {
        if (index == length) return 0;
        if ((unsigned char)text[index] < low || (unsigned char)text[index] > high) return 0;
        *skip = index + 1;
        low = 0x80;
        high = 0xbf;
    }
    return size;
}

/* Writes a text as a JSON string, quotes included, and returns its length. Writes no more than `capacity` bytes, and
 * none where `out` is NULL: call it that way first to learn the length. */
static inline uint64_t gotapi_json_text(char *out, uint64_t capacity, const char *text, uint64_t length) {
    static const char hex[] = "0123456789abcdef";
    char escape[6];
    const char *piece;
    uint64_t written = 0, index = 0, size, skip, step;
    if (out == NULL) capacity = 0;
    if (written < capacity) out[written] = '"';
    written++;
    while (index < length) {
        const unsigned char byte = (unsigned char)text[index];
        piece = escape;
        step = 1;
        size = 2;
        escape[0] = '\\';
        switch (byte) {
        case '"': escape[1] = '"'; break;
        case '\\': escape[1] = '\\'; break;
        case '\b': escape[1] = 'b'; break;
        case '\f': escape[1] = 'f'; break;
        case '\n': escape[1] = 'n'; break;
        case '\r': escape[1] = 'r'; break;
        case '\t': escape[1] = 't'; break;
        default:
            if (byte < 0x20) {
                escape[1] = 'u';
                escape[2] = '0';
                escape[3] = '0';
                escape[4] = hex[byte >> 4];
                escape[5] = hex[byte & 15];
                size = 6;
            } else {
                size = gotapi_utf8_sequence(text + index, length - index, &skip);
                step = size;
                piece = text + index;
                if (size == 0) {
                    step = skip;
                    piece = "\xef\xbf\xbd";
                    size = 3;
                }
            }
        }
        if (written < capacity && size <= capacity - written) memcpy(out + written, piece, size);
        written += size;
        index += step;
    }
    if (written < capacity) out[written] = '"';
    return written + 1;
}

/* Writes a number in decimal and returns its length. */
static inline uint64_t gotapi_json_integer(char out[GOTAPI_JSON_NUMBER_SIZE], int64_t value) {
    char digits[20];
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    uint64_t count = 0, length = 0;
    do {
        digits[count++] = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude != 0);
    if (value < 0) out[length++] = '-';
    while (count != 0) out[length++] = digits[--count];
    return length;
}

/* Writes a number with the fewest digits that give the same double when read again, and returns its length. What JSON
 * has no number for, infinities and NaN, becomes null. */
static inline uint64_t gotapi_json_double(char out[GOTAPI_JSON_NUMBER_SIZE], double value) {
    char text[64];
    uint64_t bits, length = 0, index;
    int precision, exponent, in_point = 0;
    memcpy(&bits, &value, sizeof bits);
    exponent = (int)(bits >> 52) & 0x7ff;
    if (exponent == 0x7ff) {
        memcpy(out, "null", 4);
        return 4;
    }
    /* 15 digits survive a round trip whole; numbers close to 0 (subnormal ones) have fewer. */
    for (precision = exponent == 0 ? 1 : 15; precision < 17; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, value);
        if (strtod(text, NULL) == value) break;
    }
    if (precision == 17) snprintf(text, sizeof text, "%.17g", value);
    /* The locale decides what stands for the decimal point, even how many bytes it has. */
    for (index = 0; text[index] != 0 && length < GOTAPI_JSON_NUMBER_SIZE; index++) {
        const char byte = text[index];
        if ((byte >= '0' && byte <= '9') || byte == '-' || byte == '+' || byte == 'e') {
            out[length++] = byte;
            in_point = 0;
        } else if (!in_point) {
            out[length++] = '.';
            in_point = 1;
        }
    }
    return length;
}

/* ---- The builder ------------------------------------------------------------------------------------------------- */

typedef struct gotapi_members {
    /* The caller's buffer, and how much of it is written: the answer, once gotapi_members_finish returned GOTAPI_OK. */
    char *text;
    uint64_t capacity;
    uint64_t length;
    /* Of the 63 levels that may be open, from bit 1: is it an array? */
    uint64_t arrays;
    uint32_t depth;
    gotapi_status status;
} gotapi_members;

static inline void gotapi_members_raw_(gotapi_members *members, const char *text, uint64_t length) {
    if (members->status != GOTAPI_OK) return;
    if (length > members->capacity - members->length) {
        members->status = GOTAPI_TOO_LARGE;
        return;
    }
    if (length != 0) memcpy(members->text + members->length, text, length);
    members->length += length;
}

static inline void gotapi_members_text_(gotapi_members *members, const char *text, uint64_t length) {
    uint64_t written;
    if (members->status != GOTAPI_OK) return;
    if (text == NULL && length != 0) {
        members->status = GOTAPI_INVALID_ARGUMENT;
        return;
    }
    written = gotapi_json_text(members->text + members->length, members->capacity - members->length, text, length);
    if (written > members->capacity - members->length) {
        members->status = GOTAPI_TOO_LARGE;
        return;
    }
    members->length += written;
}

/* What stands before a value: a comma, and in an object the name. */
static inline void gotapi_members_name_(gotapi_members *members, const char *name) {
    if (members->status != GOTAPI_OK) return;
    /* Nothing else ends with one of these two: strings end with a quote. */
    if (members->text[members->length - 1] != '{' && members->text[members->length - 1] != '[') {
        gotapi_members_raw_(members, ",", 1);
    }
    if ((members->arrays >> members->depth & 1) != 0) {
        if (name != NULL) members->status = GOTAPI_INVALID_ARGUMENT;
        return;
    }
    if (name == NULL) {
        members->status = GOTAPI_INVALID_ARGUMENT;
        return;
    }
    gotapi_members_text_(members, name, strlen(name));
    gotapi_members_raw_(members, ":", 1);
}

static inline void gotapi_members_open_(gotapi_members *members, const char *name, int is_array) {
    gotapi_members_name_(members, name);
    if (members->status != GOTAPI_OK) return;
    if (members->depth == 63) {
        members->status = GOTAPI_INVALID_ARGUMENT;
        return;
    }
    members->depth++;
    members->arrays &= ~((uint64_t)1 << members->depth);
    if (is_array) members->arrays |= (uint64_t)1 << members->depth;
    gotapi_members_raw_(members, is_array ? "[" : "{", 1);
}

static inline void gotapi_members_close_(gotapi_members *members, int is_array) {
    if (members->status != GOTAPI_OK) return;
    if (members->depth == 0 || (members->arrays >> members->depth & 1) != (uint64_t)(is_array != 0)) {
        members->status = GOTAPI_INVALID_ARGUMENT;
        return;
    }
    members->depth--;
    gotapi_members_raw_(members, is_array ? "]" : "}", 1);
}

/* Begins an object in `buffer`, which stays the caller's. */
static inline void gotapi_members_begin(gotapi_members *members, char *buffer, uint64_t capacity) {
    memset(members, 0, sizeof *members);
    members->text = buffer;
    members->capacity = capacity;
    if (buffer == NULL) members->status = GOTAPI_INVALID_ARGUMENT;
    gotapi_members_raw_(members, "{", 1);
}

/* Each of these appends one member. Inside an array the name is NULL. */

static inline void gotapi_members_text(gotapi_members *members, const char *name, const char *text, uint64_t length) {
    gotapi_members_name_(members, name);
    gotapi_members_text_(members, text, length);
}

/* A text that ends with NUL. */
static inline void gotapi_members_string(gotapi_members *members, const char *name, const char *string) {
    gotapi_members_name_(members, name);
    gotapi_members_text_(members, string, string == NULL ? 1 : strlen(string));
}

static inline void gotapi_members_integer(gotapi_members *members, const char *name, int64_t value) {
    char number[GOTAPI_JSON_NUMBER_SIZE];
    gotapi_members_name_(members, name);
    gotapi_members_raw_(members, number, gotapi_json_integer(number, value));
}

/* The fewest digits that give the same number when read again; null for infinities and NaN. */
static inline void gotapi_members_double(gotapi_members *members, const char *name, double value) {
    char number[GOTAPI_JSON_NUMBER_SIZE];
    gotapi_members_name_(members, name);
    gotapi_members_raw_(members, number, gotapi_json_double(number, value));
}

/* true where `value` is not 0 */
static inline void gotapi_members_boolean(gotapi_members *members, const char *name, int value) {
    gotapi_members_name_(members, name);
    gotapi_members_raw_(members, value ? "true" : "false", value ? 4 : 5);
}

static inline void gotapi_members_null(gotapi_members *members, const char *name) {
    gotapi_members_name_(members, name);
    gotapi_members_raw_(members, "null", 4);
}

/* A JSON value that is there already. The gateway checks it: GOTAPI_BAD_JSON then is return_message's. */
static inline void gotapi_members_json(gotapi_members *members, const char *name, const char *json, uint64_t length) {
    gotapi_members_name_(members, name);
    if (members->status == GOTAPI_OK && (json == NULL || length == 0)) members->status = GOTAPI_INVALID_ARGUMENT;
    gotapi_members_raw_(members, json, length);
}

/* Between these the calls append to an object, or to an array, inside the one before; at most 63 deep. */

static inline void gotapi_members_begin_object(gotapi_members *members, const char *name) {
    gotapi_members_open_(members, name, 0);
}

static inline void gotapi_members_end_object(gotapi_members *members) { gotapi_members_close_(members, 0); }

static inline void gotapi_members_begin_array(gotapi_members *members, const char *name) {
    gotapi_members_open_(members, name, 1);
}

static inline void gotapi_members_end_array(gotapi_members *members) { gotapi_members_close_(members, 1); }

/* Ends the object; call it once. GOTAPI_OK: text and length are a whole JSON object. GOTAPI_TOO_LARGE: the buffer is
 * too small. GOTAPI_INVALID_ARGUMENT: a NULL, a name in an array or none in an object, or begin and end that do not
 * match. */
static inline gotapi_status gotapi_members_finish(gotapi_members *members) {
    if (members->status == GOTAPI_OK && members->depth != 0) members->status = GOTAPI_INVALID_ARGUMENT;
    gotapi_members_raw_(members, "}", 1);
    return members->status;
}

#if defined(__cplusplus)
}
#endif

#endif /* GOTAPI_MEMBERS_H */
