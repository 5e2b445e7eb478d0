/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * What the fixtures share. A fixture is compiled with -DFIXTURE=name; its id then is com.example.name, and the service
 * of FIXTURE_SERVICE has the id and the name `name` and the scope "t".
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "gotapi.h"

#define FIXTURE_QUOTED_(name) #name
#define FIXTURE_QUOTED(name) FIXTURE_QUOTED_(name)
#define FIXTURE_NAME FIXTURE_QUOTED(FIXTURE)
#define FIXTURE_ID "com.example." FIXTURE_NAME
#define FIXTURE_SERVICE_OF(name)                                                                                       \
    "{\"serviceId\":\"" name "\",\"name\":\"" name "\",\"online\":true,\"scopes\":[\"t\"]}"
#define FIXTURE_SERVICE FIXTURE_SERVICE_OF(FIXTURE_NAME)

/* Set by fixture_start: a fixture is loaded once in a process. */
static const gotapi_host *host;

static gotapi_status fixture_start(void *context, const gotapi_host *table, void **self) {
    (void)context;
    if (!gotapi_host_fits(table)) return GOTAPI_UNSUPPORTED;
    host = table;
    *self = NULL;
    return GOTAPI_OK;
}

static inline void fixture_stop(void *self) { (void)self; }

/* The members of gotapi_plugin up to `services` and `context`. */
#define FIXTURE_DESCRIPTION(flags, services)                                                                           \
    sizeof(gotapi_plugin), flags, GOTAPI_TEXT(FIXTURE_ID), GOTAPI_TEXT(FIXTURE_NAME), GOTAPI_TEXT("1.0"),              \
        GOTAPI_TEXT("example"), GOTAPI_TEXT(services), NULL

/* The entry of a fixture that has nothing against the gateway. */
#define FIXTURE_ENTRY(plugin)                                                                                          \
    const gotapi_plugin *gotapi_plugin_entry(uint32_t host_abi_major, uint32_t host_abi_minor) {                       \
        (void)host_abi_minor;                                                                                          \
        return host_abi_major == GOTAPI_ABI_MAJOR ? &(plugin) : NULL;                                                  \
    }

#endif /* FIXTURE_H */
