/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * A library without GotAPI code: it gives back what it is given, by result and by pointer. */
#include "echo.h"

#include <string.h>

#define ECHO(type, name)                                                                                               \
    type echo_##name(type value, type *copy) {                                                                         \
        *copy = value;                                                                                                 \
        return value;                                                                                                  \
    }

ECHO(int8_t, i8)
ECHO(int16_t, i16)
ECHO(int32_t, i32)
ECHO(int64_t, i64)
ECHO(uint8_t, u8)
ECHO(uint16_t, u16)
ECHO(uint32_t, u32)
ECHO(uint64_t, u64)
ECHO(float, f32)
ECHO(double, f64)
ECHO(bool, bool)

const char *echo_text(const char *text) { return text; }

int32_t echo_copy(const char *text, char *buffer, uint64_t size) {
    uint64_t length = strlen(text);
    if (length + 1 > size) return -1;
    memcpy(buffer, text, length + 1);
    return 0;
}

void echo_fill(char *buffer) { memset(buffer, 'x', 8); }

uint64_t echo_length(const char *text) { return strlen(text); }

const char *echo_nothing(void) { return 0; }

const char *echo_endless(void) {
    static char text[70000];
    memset(text, 'e', sizeof(text) - 1);
    return text;
}

const char *echo_broken(void) { return "a\xff\xc3"; }

int32_t echo_status(int32_t status) { return status; }

double echo_mix(int8_t a, double b, uint16_t c, float d, int64_t e, uint8_t f, bool g, const char *h, int32_t i, float j,
                double k, uint32_t l, int16_t m, uint64_t n, double o, double p, double q, float r, double s, double t,
                uint64_t *hash, float *last, int16_t *small) {
    uint64_t bits;
    memcpy(&bits, &b, sizeof(bits));
    uint64_t sum = 14695981039346656037u;
    for (const char *byte = h; *byte != 0; byte++) sum = (sum ^ (uint8_t)*byte) * 1099511628211u;
    sum = sum * 31 + (uint64_t)(int64_t)a;
    sum = sum * 31 + c;
    sum = sum * 31 + (uint64_t)e;
    sum = sum * 31 + f;
    sum = sum * 31 + (g ? 1 : 0);
    sum = sum * 31 + (uint64_t)(int64_t)i;
    sum = sum * 31 + l;
    sum = sum * 31 + (uint64_t)(int64_t)m;
    sum = sum * 31 + n;
    *hash = sum ^ bits;
    *last = d + j - r;
    *small = (int16_t)(sum >> 7);
    return b + k + o - p + q + s - t + (double)d;
}

int8_t echo_narrow(int64_t value) { return (int8_t)value; }

int32_t echo_number = 7;

__attribute__((visibility("hidden"))) int32_t echo_hidden(void) { return 0; }
