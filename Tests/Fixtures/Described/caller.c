/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * Calls echo.c as a C compiler does. Each line of standard input has the arguments of one call of echo_mix as the bits of
 * each, in hexadecimal digits; the text as its bytes, with "-" for none. Each line of standard output has the results, the
 * last one echo_narrow's. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "echo.h"

static uint64_t word(void) {
    uint64_t bits = 0;
    if (scanf("%" SCNx64, &bits) != 1) bits = 0;
    return bits;
}

static double real(void) {
    uint64_t bits = word();
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static float single(void) {
    uint32_t bits = (uint32_t)word();
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static const char *text(void) {
    static char digits[4096], bytes[2048];
    unsigned int byte;
    size_t count = 0;
    if (scanf("%4095s", digits) != 1) return "";
    for (size_t at = 0; sscanf(digits + at, "%2x", &byte) == 1; at += 2) bytes[count++] = (char)byte;
    bytes[count] = 0;
    return bytes;
}

int main(void) {
    uint64_t calls = word();
    while (calls-- > 0) {
        /* One after another: the order in which a call's arguments are computed is the compiler's. */
        int8_t a = (int8_t)word();
        double b = real();
        uint16_t c = (uint16_t)word();
        float d = single();
        int64_t e = (int64_t)word();
        uint8_t f = (uint8_t)word();
        bool g = word() != 0;
        const char *h = text();
        int32_t i = (int32_t)word();
        float j = single();
        double k = real();
        uint32_t l = (uint32_t)word();
        int16_t m = (int16_t)word();
        uint64_t n = word();
        double o = real(), p = real(), q = real();
        float r = single();
        double s = real(), t = real();
        uint64_t hash, bits;
        uint32_t last_bits;
        float last;
        int16_t small;
        double sum = echo_mix(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, &hash, &last, &small);
        memcpy(&bits, &sum, sizeof(bits));
        memcpy(&last_bits, &last, sizeof(last_bits));
        printf("%" PRIx64 " %" PRIx64 " %" PRIx32 " %d %d\n", bits, hash, last_bits, small, echo_narrow(e));
    }
    return 0;
}
