/* Swift GotAPI · SPDX-License-Identifier: MIT */
#ifndef ECHO_H
#define ECHO_H

#include <stdbool.h>
#include <stdint.h>

double echo_mix(int8_t a, double b, uint16_t c, float d, int64_t e, uint8_t f, bool g, const char *h, int32_t i, float j,
                double k, uint32_t l, int16_t m, uint64_t n, double o, double p, double q, float r, double s, double t,
                uint64_t *hash, float *last, int16_t *small);
int8_t echo_narrow(int64_t value);

#endif
