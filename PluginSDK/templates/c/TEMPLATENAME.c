/* TEMPLATENAME: a GotAPI plug-in.
 *
 *     GET /gotapi/TEMPLATENAME?serviceId=TEMPLATEID.1    →    {"result":0,"data":"Hello from TEMPLATENAME.",…}
 */
#include "gotapi.h"

/* What the file is, before a byte of its code runs: the id and the flags, the same as below. */
GOTAPI_PLUGIN_NOTE("TEMPLATEID", 0)

/* Opens the device. Whatever the other callbacks need goes into `self`: here, the host and nothing else. */
static gotapi_status start(void *context, const gotapi_host *host, void **self) {
    (void)context;
    if (!gotapi_host_fits(host)) return GOTAPI_UNSUPPORTED;
    *self = (void *)(uintptr_t)host;
    return GOTAPI_OK;
}

/* Closes the device, and ends the threads that you have started. */
static void stop(void *self) { (void)self; }

/* A request. They come on one thread, one after another. A path that returns without an answer is no silence: the
 * application then gets an error at once (code 1). */
static void on_message(void *self, gotapi_message message) {
    const gotapi_host *host = self;
    char buffer[256];
    gotapi_members members;
    if (!gotapi_field_equals(host, message, GOTAPI_FIELD_ATTRIBUTE, "")) {
        gotapi_return_error(host, message, 404, "There is no such attribute.");
        return;
    }
    if (!gotapi_method_equals(host, message, "get")) {
        gotapi_return_error(host, message, 400, "Only GET is supported.");
        return;
    }
    gotapi_members_begin(&members, buffer, sizeof buffer);
    gotapi_members_integer(&members, "result", 0);
    gotapi_members_string(&members, "data", "Hello from TEMPLATENAME.");
    gotapi_return_members(host, message, &members);
}

/* What applications find, and the profiles that they may ask it for. */
#define SERVICES                                                                                                       \
    "[{\"serviceId\":\"TEMPLATEID.1\",\"name\":\"TEMPLATENAME\",\"online\":true,\"scopes\":[\"TEMPLATENAME\"]}]"

static const gotapi_plugin plugin = {
    sizeof(gotapi_plugin),
    0,                           /* flags, as in the note */
    GOTAPI_TEXT("TEMPLATEID"),   /* id, as in the note */
    GOTAPI_TEXT("TEMPLATENAME"), /* name, for people */
    GOTAPI_TEXT("1.0.0"),        /* version */
    GOTAPI_TEXT("Example Ltd."), /* vendor */
    GOTAPI_TEXT(SERVICES),
    NULL, /* context: what start is passed */
    start,
    stop,
    NULL, /* on_service_discovery */
    NULL, /* on_client_id */
    NULL, /* on_access_token */
    on_message,
    NULL, /* on_unsubscribed */
    NULL, /* on_message_expired */
    NULL, /* on_timer */
    NULL, /* on_call */
    NULL, /* get_extension */
};

const gotapi_plugin *gotapi_plugin_entry(uint32_t host_abi_major, uint32_t host_abi_minor) {
    (void)host_abi_minor; /* any minor runs with any other */
    return host_abi_major == GOTAPI_ABI_MAJOR ? &plugin : NULL;
}
