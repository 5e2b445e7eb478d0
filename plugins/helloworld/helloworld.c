/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * Hello World: sends back what it is sent. The smallest plug-in.
 *
 *     GET /gotapi/echo?serviceId=com.github.futomi.hello-world.echo&msg=hello   →   {"result":0,"data":"hello",…}
 */
#include "gotapi.h"

/* Written into the file as a note, so that the gateway knows what it is before it runs any of it. */
GOTAPI_PLUGIN_NOTE("com.github.futomi.hello-world", 0)

/* Opens the device. There is none here, and nothing to remember either but the host, so the host is `self`. */
static gotapi_status start(void *context, const gotapi_host *host, void **self) {
    (void)context;
    if (!gotapi_host_fits(host)) return GOTAPI_UNSUPPORTED;
    *self = (void *)(uintptr_t)host;
    return GOTAPI_OK;
}

/* Closes the device. Needed even where it does nothing. */
static void stop(void *self) { (void)self; }

/* A request. The gateway calls this on one thread, one request after another, so there is nothing to lock. */
static void on_message(void *self, gotapi_message message) {
    const gotapi_host *host = self;
    gotapi_text msg;
    if (!gotapi_field_equals(host, message, GOTAPI_FIELD_PROFILE, "echo")) {
        gotapi_return_error(host, message, 400, "Unknow profile was requested.");
        return;
    }
    /* The text is the host's and lives until we return. A request without `msg` is answered without `data`. */
    msg = gotapi_get_parameter(host, message, "msg");
    if (msg.bytes == NULL) {
        gotapi_return_ok(host, message);
    } else {
        /* Where this fails, the text being too long, there is no answer, and the gateway gives an error for us. */
        gotapi_return_text(host, message, "data", msg.bytes, msg.length);
    }
}

#define SERVICES                                                                                                       \
    "[{\"serviceId\":\"com.github.futomi.hello-world.echo\",\"name\":\"hello world\",\"online\":true,"             \
    "\"scopes\":[\"echo\"]}]"

/* In the order of the struct. GOTAPI_TEXT gives a literal and its length. */
static const gotapi_plugin plugin = {
    sizeof(gotapi_plugin),
    0,                                            /* flags: as in the note */
    GOTAPI_TEXT("com.github.futomi.hello-world"), /* id: as in the note */
    GOTAPI_TEXT("Hello World"),                   /* name */
    GOTAPI_TEXT("1.0.0"),                         /* version */
    GOTAPI_TEXT("Swift GotAPI"),                  /* vendor */
    GOTAPI_TEXT(SERVICES),
    NULL, /* context: what start is passed */
    start,
    stop,
    NULL, /* on_service_discovery: the gateway answers with SERVICES */
    NULL, /* on_client_id, on_access_token: every application may talk to us */
    NULL,
    on_message,
    NULL, /* on_unsubscribed, on_message_expired, on_timer, on_call: we hold on to nothing */
    NULL,
    NULL,
    NULL,
    NULL, /* get_extension */
};

const gotapi_plugin *gotapi_plugin_entry(uint32_t host_abi_major, uint32_t host_abi_minor) {
    (void)host_abi_minor; /* any minor runs with any other */
    return host_abi_major == GOTAPI_ABI_MAJOR ? &plugin : NULL;
}
