/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * Tests of gotapi_members.h and gotapi.h, as C and as C++, made to be run under the address and undefined behaviour
 * sanitizers. Prints what fails, and ends with 0 where nothing does.
 *
 * With -DTEST_LOCALE, printf and strtod act as in a locale whose decimal point is a U+066B, the longest that there is.
 */
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(TEST_LOCALE)
static int locale_snprintf(char *out, size_t size, const char *format, ...) {
    char text[128];
    va_list arguments;
    const char *from;
    size_t length = 0;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (from = text; *from != 0; from++) {
        const int is_point = *from == '.';
        if (length + 3 > size) abort();
        memcpy(out + length, is_point ? "\xd9\xab" : from, is_point ? 2 : 1);
        length += is_point ? 2 : 1;
    }
    out[length] = 0;
    return (int)length;
}
static double locale_strtod(const char *text, char **end) {
    char copy[128];
    size_t length = 0;
    (void)end;
    for (; *text != 0; text++) {
        if (*text == '.') break; /* as strtod does at what is no decimal point */
        copy[length++] = (unsigned char)*text == 0xd9 ? '.' : *text;
        if ((unsigned char)*text == 0xd9) text++;
    }
    copy[length] = 0;
    return strtod(copy, NULL);
}
#define snprintf locale_snprintf
#define strtod locale_strtod
#endif

#include "gotapi.h"

#undef snprintf
#undef strtod

static int failures;

static void check(int condition, const char *what, int line) {
    if (!condition) {
        printf("line %d: %s\n", line, what);
        failures++;
    }
}
#define CHECK(condition) check(condition, #condition, __LINE__)

static void check_json(const gotapi_members *members, const char *json, int line) {
    if (members->length != strlen(json) || memcmp(members->text, json, members->length) != 0) {
        printf("line %d: %.*s instead of %s\n", line, (int)members->length, members->text, json);
        failures++;
    }
}
#define CHECK_JSON(json) check_json(&members, json, __LINE__)

static void everything(void) {
    char buffer[512];
    gotapi_members members;
    gotapi_members_begin(&members, buffer, sizeof buffer);
    CHECK(gotapi_members_finish(&members) == GOTAPI_OK);
    CHECK_JSON("{}");

    gotapi_members_begin(&members, buffer, sizeof buffer);
    gotapi_members_text(&members, "text", "abc", 2);
    gotapi_members_text(&members, "empty", NULL, 0);
    gotapi_members_string(&members, "na\"me", "s");
    gotapi_members_integer(&members, "least", INT64_MIN);
    gotapi_members_integer(&members, "most", INT64_MAX);
    gotapi_members_integer(&members, "zero", 0);
    gotapi_members_double(&members, "tenth", 0.1);
    gotapi_members_boolean(&members, "yes", 2);
    gotapi_members_boolean(&members, "no", 0);
    gotapi_members_null(&members, "null");
    gotapi_members_json(&members, "json", "[1]", 3);
    gotapi_members_begin_object(&members, "object");
    gotapi_members_end_object(&members);
    gotapi_members_begin_array(&members, "array");
    gotapi_members_integer(&members, NULL, 1);
    gotapi_members_begin_array(&members, NULL);
    gotapi_members_end_array(&members);
    gotapi_members_begin_object(&members, NULL);
    gotapi_members_null(&members, "[");
    gotapi_members_null(&members, "{");
    gotapi_members_end_object(&members);
    gotapi_members_string(&members, NULL, "[");
    gotapi_members_null(&members, NULL);
    gotapi_members_end_array(&members);
    gotapi_members_null(&members, "last");
    CHECK(gotapi_members_finish(&members) == GOTAPI_OK);
    CHECK_JSON("{\"text\":\"ab\",\"empty\":\"\",\"na\\\"me\":\"s\",\"least\":-9223372036854775808,"
               "\"most\":9223372036854775807,\"zero\":0,\"tenth\":0.1,\"yes\":true,\"no\":false,\"null\":null,"
               "\"json\":[1],\"object\":{},\"array\":[1,[],{\"[\":null,\"{\":null},\"[\",null],\"last\":null}");
}

static void escapes(void) {
    char buffer[4096], controls[32];
    gotapi_members members;
    int byte;
    for (byte = 0; byte < 32; byte++) controls[byte] = (char)byte;
    gotapi_members_begin(&members, buffer, sizeof buffer);
    gotapi_members_text(&members, "a", controls, sizeof controls);
    gotapi_members_string(&members, "b", "\"\\/\x7f");
    CHECK(gotapi_members_finish(&members) == GOTAPI_OK);
    CHECK_JSON("{\"a\":\"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u000f"
               "\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a\\u001b\\u001c\\u001d"
               "\\u001e\\u001f\",\"b\":\"\\\"\\\\/\x7f\"}");
}

#define R "\xef\xbf\xbd"
static void utf8(void) {
    /* What is well-formed stays; of the rest each maximal subpart becomes one U+FFFD (Unicode, table 3-8). */
    static const char *const rows[][2] = {
        {"\xc3\xa9\xe3\x81\x82\xf0\x9f\x98\x80", "\xc3\xa9\xe3\x81\x82\xf0\x9f\x98\x80"},
        {"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
         "\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
        {"\xff", R},
        {"\x80", R},
        {"\xc0\xaf", R R},
        {"\xe0\x80\xaf", R R R},
        {"\xed\xa0\x80", R R R},
        {"\xf4\x90\x80\x80", R R R R},
        {"\xf8\x80", R R},
        {"a\xc3", "a" R},
        {"\xe3\x81", R},
        {"\xf0\x9f\x98", R},
        {"\xe3\x81z", R "z"},
        {"\xf0\x9f\xf0\x9f\x98\x80", R "\xf0\x9f\x98\x80"},
        {"\xc3\"", R "\\\""},
    };
    char buffer[128];
    gotapi_members members;
    size_t row;
    for (row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        /* An exact copy, so that the sanitizer sees a read behind it. */
        const size_t length = strlen(rows[row][0]);
        char *const text = (char *)malloc(length);
        char expected[128];
        if (text == NULL) abort();
        memcpy(text, rows[row][0], length);
        sprintf(expected, "{\"a\":\"%s\"}", rows[row][1]);
        gotapi_members_begin(&members, buffer, sizeof buffer);
        gotapi_members_text(&members, "a", text, length);
        CHECK(gotapi_members_finish(&members) == GOTAPI_OK);
        CHECK_JSON(expected);
        free(text);
    }
}

static int is_json_number(const char *text) {
    if (*text == '-') text++;
    if (*text == '0') {
        text++;
    } else {
        if (*text < '1' || *text > '9') return 0;
        while (*text >= '0' && *text <= '9') text++;
    }
    if (*text == '.') {
        text++;
        if (*text < '0' || *text > '9') return 0;
        while (*text >= '0' && *text <= '9') text++;
    }
    if (*text == 'e') {
        text++;
        if (*text == '+' || *text == '-') text++;
        if (*text < '0' || *text > '9') return 0;
        while (*text >= '0' && *text <= '9') text++;
    }
    return *text == 0;
}

static int digits(const char *text) {
    int count = 0, zeros = 0;
    for (; *text != 0 && *text != 'e'; text++) {
        if (*text < '0' || *text > '9') continue;
        if (*text == '0') {
            if (count != 0) zeros++;
        } else {
            count += zeros + 1;
            zeros = 0;
        }
    }
    return count;
}

static void check_double(double value, int line) {
    char text[GOTAPI_JSON_NUMBER_SIZE + 1], shortest[64];
    int precision;
    text[gotapi_json_double(text, value)] = 0;
    for (precision = 1; precision < 18; precision++) {
        snprintf(shortest, sizeof shortest, "%.*g", precision, value);
        if (strtod(shortest, NULL) == value) break;
    }
    if (!is_json_number(text) || strtod(text, NULL) != value || digits(text) != digits(shortest)) {
        printf("line %d: %.17g was written as %s, the shortest is %s\n", line, value, text, shortest);
        failures++;
    }
}

static void doubles(void) {
    static const double values[] = {0, -0.0, 1, -1, 0.1, 0.3, 1.0 / 3, 100, 1e15, 1e16, 123456789012345680.0, 1e22,
                                    1e23, 5e-324, -2.2250738585072014e-308, 2.2250738585072009e-308,
                                    1.7976931348623157e308, 9007199254740993.0, 4.35, 0.000001, 1e-7, 21.5};
    static const char *const texts[] = {"0", "-0", "1", "-1", "0.1", "0.3"};
    char text[GOTAPI_JSON_NUMBER_SIZE + 1];
    uint64_t state = 88172645463325252u;
    size_t index;
    double value;
    for (index = 0; index < sizeof values / sizeof values[0]; index++) check_double(values[index], __LINE__);
    for (index = 0; index < sizeof texts / sizeof texts[0]; index++) {
        text[gotapi_json_double(text, values[index])] = 0;
        CHECK(strcmp(text, texts[index]) == 0);
    }
    for (index = 0; index < 10000; index++) {
        state ^= state << 13; /* xorshift64 */
        state ^= state >> 7;
        state ^= state << 17;
        memcpy(&value, &state, sizeof value);
        if ((state >> 52 & 0x7ff) == 0x7ff) continue;
        check_double(value, __LINE__);
        check_double((double)(int64_t)(state % 2000001 - 1000000) / 1000, __LINE__);
    }
    for (state = 0x7ff0000000000000u; state < 0x7ff0000000000003u; state++) {
        memcpy(&value, &state, sizeof value);
        text[gotapi_json_double(text, value)] = 0;
        CHECK(strcmp(text, "null") == 0);
    }
}

static void build(gotapi_members *members, char *buffer, uint64_t capacity) {
    gotapi_members_begin(members, buffer, capacity);
    gotapi_members_string(members, "a", "x\ny");
    gotapi_members_begin_array(members, "b");
    gotapi_members_double(members, NULL, 0.5);
    gotapi_members_end_array(members);
    gotapi_members_json(members, "c", "{}", 2);
    gotapi_members_boolean(members, "d", 1);
}

static void overflow(void) {
    /* Every capacity from none to enough: GOTAPI_TOO_LARGE up to the last byte, and nothing written behind it. */
    const char json[] = "{\"a\":\"x\\ny\",\"b\":[0.5],\"c\":{},\"d\":true}";
    const uint64_t length = sizeof json - 1;
    uint64_t capacity;
    for (capacity = 0; capacity <= length + 2; capacity++) {
        char *buffer = (char *)malloc(capacity == 0 ? 1 : capacity);
        gotapi_members members;
        gotapi_status status;
        if (buffer == NULL) abort();
        build(&members, buffer, capacity);
        status = gotapi_members_finish(&members);
        CHECK(status == (capacity < length ? GOTAPI_TOO_LARGE : GOTAPI_OK));
        CHECK(members.length <= capacity);
        if (status == GOTAPI_OK) CHECK_JSON(json);
        free(buffer);
    }
}

static void mistakes(void) {
    char buffer[512];
    gotapi_members members;
    int depth;
#define EXPECT_MISTAKE(...)                                                                                            \
    gotapi_members_begin(&members, buffer, sizeof buffer);                                                             \
    __VA_ARGS__;                                                                                                       \
    gotapi_members_null(&members, "later");                                                                            \
    CHECK(gotapi_members_finish(&members) == GOTAPI_INVALID_ARGUMENT)
    EXPECT_MISTAKE(gotapi_members_null(&members, NULL));
    EXPECT_MISTAKE(gotapi_members_string(&members, "a", NULL));
    EXPECT_MISTAKE(gotapi_members_text(&members, "a", NULL, 1));
    EXPECT_MISTAKE(gotapi_members_json(&members, "a", NULL, 1));
    EXPECT_MISTAKE(gotapi_members_json(&members, "a", "", 0));
    EXPECT_MISTAKE(gotapi_members_end_object(&members));
    EXPECT_MISTAKE(gotapi_members_end_array(&members));
    EXPECT_MISTAKE(gotapi_members_begin_object(&members, "a"));
    EXPECT_MISTAKE(gotapi_members_begin_array(&members, "a"); gotapi_members_end_object(&members));
    EXPECT_MISTAKE(gotapi_members_begin_object(&members, "a"); gotapi_members_end_array(&members));
    EXPECT_MISTAKE(gotapi_members_begin_array(&members, "a"); gotapi_members_null(&members, "b");
                   gotapi_members_end_array(&members));
    gotapi_members_begin(&members, NULL, 10);
    gotapi_members_null(&members, "a");
    CHECK(gotapi_members_finish(&members) == GOTAPI_INVALID_ARGUMENT);
    for (depth = 63; depth < 65; depth++) {
        int level;
        gotapi_members_begin(&members, buffer, sizeof buffer);
        for (level = 0; level < depth; level++) {
            if (level % 2 == 0) {
                gotapi_members_begin_array(&members, level == 0 ? "a" : "b");
            } else {
                gotapi_members_begin_object(&members, NULL);
            }
        }
        for (level = depth - 1; level >= 0; level--) {
            if (level % 2 == 0) {
                gotapi_members_end_array(&members);
            } else {
                gotapi_members_end_object(&members);
            }
        }
        CHECK(gotapi_members_finish(&members) == (depth == 63 ? GOTAPI_OK : GOTAPI_INVALID_ARGUMENT));
    }
}

static gotapi_text text_of(const char *text) {
    gotapi_text result = {text, text == NULL ? 0 : strlen(text)};
    return result;
}

static void parsing(void) {
    static const struct {
        const char *text;
        gotapi_status status;
        int64_t value;
    } integers[] = {
        {NULL, GOTAPI_NOT_FOUND, 7}, {"", GOTAPI_INVALID_ARGUMENT, 7}, {"-", GOTAPI_INVALID_ARGUMENT, 7},
        {"0", GOTAPI_OK, 0}, {"-0", GOTAPI_OK, 0}, {"007", GOTAPI_OK, 7}, {"+1", GOTAPI_INVALID_ARGUMENT, 7},
        {" 1", GOTAPI_INVALID_ARGUMENT, 7}, {"1 ", GOTAPI_INVALID_ARGUMENT, 7}, {"1.0", GOTAPI_INVALID_ARGUMENT, 7},
        {"0x1", GOTAPI_INVALID_ARGUMENT, 7}, {"9223372036854775807", GOTAPI_OK, INT64_MAX},
        {"9223372036854775808", GOTAPI_INVALID_ARGUMENT, 7}, {"-9223372036854775808", GOTAPI_OK, INT64_MIN},
        {"-9223372036854775809", GOTAPI_INVALID_ARGUMENT, 7}, {"99999999999999999999", GOTAPI_INVALID_ARGUMENT, 7},
    };
    static const struct {
        const char *text;
        gotapi_status status;
        double value;
    } doubles_[] = {
        {NULL, GOTAPI_NOT_FOUND, 7}, {"", GOTAPI_INVALID_ARGUMENT, 7}, {"0.5", GOTAPI_OK, 0.5},
        {"-0.5", GOTAPI_OK, -0.5}, {"1", GOTAPI_OK, 1}, {"1e-1", GOTAPI_OK, 0.1}, {"1.25E+0", GOTAPI_OK, 1.25},
        {".5", GOTAPI_INVALID_ARGUMENT, 7}, {"5.", GOTAPI_INVALID_ARGUMENT, 7}, {"1e", GOTAPI_INVALID_ARGUMENT, 7},
        {"nan", GOTAPI_INVALID_ARGUMENT, 7}, {"inf", GOTAPI_INVALID_ARGUMENT, 7}, {"1e999", GOTAPI_INVALID_ARGUMENT, 7},
        {"0x1p0", GOTAPI_INVALID_ARGUMENT, 7}, {"0,5", GOTAPI_INVALID_ARGUMENT, 7}, {"1 ", GOTAPI_INVALID_ARGUMENT, 7},
        {"11", GOTAPI_INVALID_ARGUMENT, 7},
        {"0.00000000000000000000000000000000000000000000000000000000000001", GOTAPI_INVALID_ARGUMENT, 7},
    };
    int64_t integer;
    double number;
    size_t row;
    for (row = 0; row < sizeof integers / sizeof integers[0]; row++) {
        integer = 7;
        CHECK(gotapi_parse_integer(text_of(integers[row].text), INT64_MIN, INT64_MAX, &integer) ==
              integers[row].status);
        CHECK(integer == integers[row].value);
    }
    integer = 7;
    CHECK(gotapi_parse_integer(text_of("4"), 1, 3, &integer) == GOTAPI_INVALID_ARGUMENT);
    CHECK(gotapi_parse_integer(text_of("0"), 1, 3, &integer) == GOTAPI_INVALID_ARGUMENT);
    CHECK(integer == 7);
    CHECK(gotapi_parse_integer(text_of("3"), 1, 3, &integer) == GOTAPI_OK && integer == 3);
    for (row = 0; row < sizeof doubles_ / sizeof doubles_[0]; row++) {
        number = 7;
        CHECK(gotapi_parse_double(text_of(doubles_[row].text), -10, 10, &number) == doubles_[row].status);
        CHECK(number == doubles_[row].value);
    }
    CHECK(gotapi_text_equals(text_of("get"), "get"));
    CHECK(!gotapi_text_equals(text_of("get"), "gets") && !gotapi_text_equals(text_of(NULL), ""));
    CHECK(gotapi_text_equals(text_of(""), ""));
}

/* A host table that remembers the last answer. */
static char *answer;
static uint64_t answer_length;

static gotapi_status remember(const struct gotapi_host *host, gotapi_message message, const char *members,
                              uint64_t length) {
    (void)host;
    (void)message;
    free(answer);
    answer = (char *)malloc(length);
    if (answer == NULL) abort();
    memcpy(answer, members, length);
    answer_length = length;
    return GOTAPI_OK;
}

static gotapi_status remember_log(const struct gotapi_host *host, uint32_t level, const char *text, uint64_t length) {
    (void)level;
    return remember(host, 0, text, length);
}

static int answer_is(const char *json) {
    return answer_length == strlen(json) && memcmp(answer, json, answer_length) == 0;
}

static void answers(void) {
    gotapi_host host;
    const uint64_t limit = (uint64_t)1 << 20;
    char *text = (char *)malloc(limit + 1);
    memset(&host, 0, sizeof host);
    host.size = sizeof host;
    host.return_message = remember;
    host.log = remember_log;
    if (text == NULL) abort();
    CHECK(gotapi_host_fits(&host));
    host.size++;
    CHECK(!gotapi_host_fits(&host));
    CHECK(gotapi_return_ok(&host, 1) == GOTAPI_OK && answer_is("{\"result\":0}"));
    CHECK(gotapi_return_error(&host, 1, 400, "n\"o") == GOTAPI_OK);
    CHECK(answer_is("{\"result\":400,\"errorMessage\":\"n\\\"o\"}"));
    CHECK(gotapi_refuse(&host, 1, NULL) == GOTAPI_OK && answer_is("{\"accept\":false}"));
    CHECK(gotapi_refuse(&host, 1, "no") == GOTAPI_OK && answer_is("{\"accept\":false,\"errorMessage\":\"no\"}"));
    CHECK(gotapi_return_text(&host, 1, "data", "x", 1) == GOTAPI_OK && answer_is("{\"result\":0,\"data\":\"x\"}"));
    CHECK(gotapi_return_text(&host, 1, "data", NULL, 0) == GOTAPI_OK && answer_is("{\"result\":0,\"data\":\"\"}"));
    memset(text, 1, limit + 1);
    CHECK(gotapi_return_text(&host, 1, "data", text, limit) == GOTAPI_OK);
    CHECK(answer_length == 6 * limit + strlen("{\"result\":0,\"data\":\"\"}"));
    CHECK(gotapi_return_text(&host, 1, "data", text, limit + 1) == GOTAPI_TOO_LARGE);
    CHECK(gotapi_return_text(&host, 1, NULL, text, 1) == GOTAPI_INVALID_ARGUMENT);
    CHECK(gotapi_return_text(&host, 1, "data", NULL, 1) == GOTAPI_INVALID_ARGUMENT);
    memset(text, 'x', 3000);
    text[3000] = 0;
    CHECK(gotapi_return_error(&host, 1, 400, text) == GOTAPI_TOO_LARGE);
    gotapi_log(&host, GOTAPI_LOG_INFO, "%d %s", 1, "two");
    CHECK(answer_is("1 two"));
    gotapi_log(&host, GOTAPI_LOG_INFO, "%s", text);
    CHECK(answer_length == 1023);
    free(text);
    free(answer);
}

/* A host table that counts references. */
static int references;

static gotapi_status count_retain(const struct gotapi_host *host, uint64_t handle) {
    (void)host;
    if (handle != 7) return GOTAPI_CLOSED;
    references++;
    return GOTAPI_OK;
}

static gotapi_status count_release(const struct gotapi_host *host, uint64_t handle) {
    (void)host;
    CHECK(handle == 7);
    references--;
    return GOTAPI_OK;
}

static void leave_a_scope(const gotapi_host *host) {
    GOTAPI_SCOPED gotapi_held held;
    if (gotapi_hold(host, 7, &held) != GOTAPI_OK) return;
    CHECK(references == 1);
}

static void holding(void) {
    gotapi_host host;
    gotapi_held first, second;
    memset(&host, 0, sizeof host);
    host.retain = count_retain;
    host.release = count_release;
    CHECK(gotapi_hold(&host, 8, &first) == GOTAPI_CLOSED && first.host == NULL);
    gotapi_let_go(&first);
    CHECK(references == 0);
    CHECK(gotapi_hold(&host, 7, &first) == GOTAPI_OK && references == 1);
    second = gotapi_pass_on(&first);
    gotapi_let_go(&first);
    CHECK(references == 1 && second.message == 7);
    gotapi_let_go(&second);
    gotapi_let_go(&second);
    CHECK(references == 0);
    leave_a_scope(&host);
    CHECK(references == 0);
}

int main(void) {
    setlocale(LC_ALL, "");
    everything();
    escapes();
    utf8();
    doubles();
    overflow();
    mistakes();
    parsing();
    answers();
    holding();
    if (failures != 0) printf("%d failed\n", failures);
    return failures == 0 ? 0 : 1;
}
