// Swift GotAPI · SPDX-License-Identifier: MIT

/// A library that describes itself in the way that its file's name says: `libgotapi-plugin-variant-WHAT.so`.
enum VariantSource {
    static let text = #"""
        #include "gotapi_plugin.h"
        #include <dlfcn.h>
        #include <stdlib.h>
        #include <string.h>

        GOTAPI_PLUGIN_NOTE("com.example.variant", 0)

        static gotapi_status start(void *context, const gotapi_host *host, void **self) { (void)context; (void)host; (void)self; return 0; }
        static void stop(void *self) { (void)self; }
        static void on_message(void *self, gotapi_message message) { (void)self; (void)message; }

        #define SERVICE(id) "{\"serviceId\":\"" id "\",\"name\":\"v\",\"online\":true,\"scopes\":[]}"

        static gotapi_plugin plugin = {
            sizeof(gotapi_plugin), 0, GOTAPI_TEXT("com.example.variant"), GOTAPI_TEXT("Variant"), GOTAPI_TEXT("1"), GOTAPI_TEXT("Example"),
            GOTAPI_TEXT("[" SERVICE("v") "]"), NULL, start, stop, NULL, NULL, NULL, on_message, NULL, NULL, NULL, NULL, NULL};

        static void set(const char **text, uint64_t *length, const char *value) { *text = value; *length = strlen(value); }

        const gotapi_plugin *gotapi_plugin_entry(uint32_t major, uint32_t minor) {
            (void)major; (void)minor;
            Dl_info info;
            dladdr((void *)start, &info);
            const char *what = strstr(info.dli_fname, "variant-");
            what = what ? what + 8 : "";
        #define IS(name) (strncmp(what, name ".so", sizeof(name) + 2) == 0)
            if (IS("refuses")) return NULL;
            if (IS("crooked")) return (const gotapi_plugin *)((const char *)&plugin + 4);
            if (IS("smaller")) plugin.size -= 8;
            if (IS("larger")) plugin.size += 8;
            if (IS("flags")) plugin.flags = 8;
            if (IS("all-flags")) plugin.flags = 7;
            if (IS("other-id")) set(&plugin.id, &plugin.id_length, "com.example.other");
            if (IS("odd-id")) set(&plugin.id, &plugin.id_length, "1\n");
            if (IS("long-id")) plugin.id_length = 64;
            if (IS("null-id")) plugin.id = NULL;
            if (IS("long-name")) plugin.name_length = 257;
            if (IS("latin-name")) set(&plugin.name, &plugin.name_length, "caf\xe9");
            if (IS("control-name")) set(&plugin.name, &plugin.name_length, "a\x1b[2J");
            if (IS("null-version")) plugin.version = NULL;
            if (IS("long-vendor")) plugin.vendor_length = UINT64_MAX;
            if (IS("empty-texts")) plugin.name = NULL, plugin.name_length = plugin.version_length = plugin.vendor_length = 0;
            if (IS("no-services")) plugin.services = NULL, plugin.services_length = 0;
            if (IS("broken-services")) set(&plugin.services, &plugin.services_length, "[");
            if (IS("object-services")) set(&plugin.services, &plugin.services_length, "{}");
            if (IS("bad-service")) set(&plugin.services, &plugin.services_length, "[" SERVICE("a") ",{\"serviceId\":\"b\"}]");
            if (IS("long-services")) plugin.services_length = (1 << 20) + 1;
            if (IS("full-services")) {
                char *text = malloc(1 << 20);
                memset(text, ' ', 1 << 20);
                text[0] = '[', text[(1 << 20) - 1] = ']';
                plugin.services = text, plugin.services_length = 1 << 20;
            }
            if (IS("no-start")) plugin.start = NULL;
            if (IS("no-stop")) plugin.stop = NULL;
            if (IS("no-message")) plugin.on_message = NULL;
            return &plugin;
        }
        """#

    /// Host functions from four threads without a pause, from `start` on and beyond `stop`.
    static let hammer = #"""
        #include "gotapi_plugin.h"
        #include <pthread.h>
        #include <stdatomic.h>

        GOTAPI_PLUGIN_NOTE("com.example.hammer", 0)

        static const gotapi_host *host;
        static pthread_t threads[4];
        static _Atomic uint64_t message, subscription;
        static atomic_int stopped, open_after_stop, closed_after_stop, calls_accepted, calls_seen;

        static void *hammer(void *context) {
            (void)context;
            for (int rest = 500; rest > 0;) {
                const char *text, *value;
                uint64_t length, size, left;
                uint32_t replay;
                gotapi_subscription made;
                gotapi_timer timer;
                uint64_t m = message, s = subscription;
                int before = stopped;
                gotapi_status call = host->call_on_plugin_thread(host, NULL);
                if (call == GOTAPI_OK) calls_accepted++;
                gotapi_status results[] = {
                    call, host->retain(host, m), host->method(host, m, &text, &length), host->field(host, m, 1, &text, &length),
                    host->parameter(host, m, "a", 1, &text, &length), host->parameter_at(host, m, 0, &text, &length, &value, &size),
                    host->request_json(host, m, &text, &length), host->time_left(host, m, &left), host->is_replay(host, m, &replay),
                    host->subscribe(host, m, &made), host->push_message(host, s, "{\"a\":1}", 7), host->retain(host, s),
                    host->release(host, s), host->return_message(host, m, "{}", 2), host->release(host, m),
                    host->log(host, GOTAPI_LOG_DEBUG, "hammer", 6), host->config(host, &text, &length),
                    host->data_directory(host, &text, &length), host->resource_directory(host, &text, &length),
                    host->start_timer(host, 1, 1, NULL, &timer), host->stop_timer(host, 1), host->services_changed(host),
                    host->unsubscribe(host, made)};
                if (before) {
                    rest--;
                    for (unsigned i = 0; i < sizeof results / sizeof *results; i++)
                        if (results[i] == GOTAPI_CLOSED) closed_after_stop++; else open_after_stop++;
                }
            }
            return NULL;
        }

        static gotapi_status start(void *context, const gotapi_host *h, void **self) {
            (void)context; (void)self;
            host = h;
            for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, hammer, NULL);
            return GOTAPI_OK;
        }
        static void stop(void *self) { (void)self; }
        static void on_message(void *self, gotapi_message m) {
            (void)self;
            gotapi_subscription made;
            if (host->subscribe(host, m, &made) == GOTAPI_OK) subscription = made;
            host->retain(host, m);
            message = m;
        }
        static void on_call(void *self, void *user, gotapi_status status) { (void)self; (void)user; (void)status; calls_seen++; }

        GOTAPI_EXPORT void hammer_stopped(void) { stopped = 1; }
        GOTAPI_EXPORT void hammer_join(int results[4]) {
            for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
            results[0] = open_after_stop, results[1] = closed_after_stop, results[2] = calls_accepted, results[3] = calls_seen;
        }

        static const gotapi_plugin plugin = {
            sizeof(gotapi_plugin), 0, GOTAPI_TEXT("com.example.hammer"), GOTAPI_TEXT("Hammer"), GOTAPI_TEXT("1"), GOTAPI_TEXT("Example"),
            GOTAPI_TEXT("[]"), NULL, start, stop, NULL, NULL, NULL, on_message, NULL, NULL, NULL, on_call, NULL};
        const gotapi_plugin *gotapi_plugin_entry(uint32_t major, uint32_t minor) { (void)major; (void)minor; return &plugin; }
        """#
}
