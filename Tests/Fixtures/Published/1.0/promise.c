/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * What ABI 1.0 promised. Compiled against the header as it is now, it says which number has changed; the types that it
 * names are compared with gotapi_plugin.abi, in which abidw(1) wrote down those of the published header.
 */
#include "gotapi_plugin.h"

#define SAME(name, value) GOTAPI_STATIC_ASSERT((name) == (value), #name " has changed")

/* Later minors may add; none takes away. */
GOTAPI_STATIC_ASSERT(GOTAPI_ABI_MAJOR == 1, "another major version is another promise");

SAME(GOTAPI_OK, 0);
SAME(GOTAPI_NOT_FOUND, 1);
SAME(GOTAPI_INVALID_ARGUMENT, 2);
SAME(GOTAPI_ALREADY_ANSWERED, 3);
SAME(GOTAPI_CLOSED, 4);
SAME(GOTAPI_DROPPED, 5);
SAME(GOTAPI_FULL, 6);
SAME(GOTAPI_TOO_LARGE, 7);
SAME(GOTAPI_BAD_JSON, 8);
SAME(GOTAPI_WRONG_THREAD, 9);
SAME(GOTAPI_UNSUPPORTED, 10);
SAME(GOTAPI_FAILED, 11);

SAME(GOTAPI_FIELD_SERVICE_ID, 0);
SAME(GOTAPI_FIELD_PROFILE, 1);
SAME(GOTAPI_FIELD_ATTRIBUTE, 2);
SAME(GOTAPI_FIELD_PACKAGE, 3);
SAME(GOTAPI_FIELD_CLIENT_ID, 4);
SAME(GOTAPI_FIELD_ACCESS_TOKEN, 5);
SAME(GOTAPI_FIELD_RECEIVER, 6);

SAME(GOTAPI_FLAG_EXCLUSIVE, 1);
SAME(GOTAPI_FLAG_REPLAYABLE, 2);
SAME(GOTAPI_FLAG_INLINE, 4);

SAME(GOTAPI_REASON_CLIENT_GONE, 1);
SAME(GOTAPI_REASON_TOKEN_ENDED, 2);
SAME(GOTAPI_REASON_STOPPING, 3);
SAME(GOTAPI_REASON_LIMIT, 4);

SAME(GOTAPI_LOG_TRACE, 0);
SAME(GOTAPI_LOG_DEBUG, 1);
SAME(GOTAPI_LOG_INFO, 2);
SAME(GOTAPI_LOG_NOTICE, 3);
SAME(GOTAPI_LOG_WARNING, 4);
SAME(GOTAPI_LOG_ERROR, 5);
SAME(GOTAPI_LOG_CRITICAL, 6);

/* The entry reaches both tables; the note is reached by nothing else. */
const gotapi_plugin *gotapi_plugin_entry(uint32_t host_abi_major, uint32_t host_abi_minor) {
    (void)host_abi_major;
    (void)host_abi_minor;
    return NULL;
}

GOTAPI_EXPORT const gotapi_note *promised_note(void);

const gotapi_note *promised_note(void) { return NULL; }
