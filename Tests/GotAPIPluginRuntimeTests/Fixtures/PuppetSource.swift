// Swift GotAPI · SPDX-License-Identifier: MIT

/// A plug-in that does what a request's attribute says and answers with the statuses that it got. Its other callbacks say in
/// the log that they were called.
enum PuppetSource {
    /// Compiled with -DASKS it has callbacks for discovery and negotiation, too.
    static let text = #"""
        #include "gotapi_plugin.h"
        #include <pthread.h>
        #include <signal.h>
        #include <stdarg.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/prctl.h>
        #include <unistd.h>
        #include <fcntl.h>

        GOTAPI_PLUGIN_NOTE("com.example.puppet", 0)

        typedef struct puppet {
            const gotapi_host *host;
            gotapi_message kept;
            gotapi_subscription subscription;
            gotapi_timer timer;
            pthread_t thread;
            int has_thread;
            int fires;
        } puppet;

        static void say(puppet *p, const char *format, ...) {
            char line[512];
            va_list arguments;
            va_start(arguments, format);
            int length = vsnprintf(line, sizeof line, format, arguments);
            va_end(arguments);
            p->host->log(p->host, GOTAPI_LOG_INFO, line, (uint64_t)length);
        }

        static gotapi_status answer(puppet *p, gotapi_message message, const char *format, ...) {
            char members[4096];
            va_list arguments;
            va_start(arguments, format);
            int length = vsnprintf(members, sizeof members, format, arguments);
            va_end(arguments);
            return p->host->return_message(p->host, message, members, (uint64_t)length);
        }

        static const char *parameter(puppet *p, gotapi_message message, const char *name, uint64_t *length) {
            const char *value = NULL;
            *length = 0;
            p->host->parameter(p->host, message, name, strlen(name), &value, length);
            return value ? value : "";
        }

        static uint64_t number(puppet *p, gotapi_message message, const char *name) {
            uint64_t length;
            const char *value = parameter(p, message, name, &length);
            char copy[32] = {0};
            memcpy(copy, value, length < 31 ? length : 31);
            return strtoull(copy, NULL, 10);
        }

        /* Says so, then blocks until somebody opens the FIFO for writing and closes it. */
        static void wait_for(puppet *p, const char *path, uint64_t length) {
            char copy[256] = {0}, byte;
            say(p, "waiting");
            memcpy(copy, path, length < 255 ? length : 255);
            int file = open(copy, O_RDONLY | O_CLOEXEC);
            while (file >= 0 && read(file, &byte, 1) > 0) {}
            if (file >= 0) close(file);
        }

        static void *own_thread(void *context) {
            puppet *p = context;
            gotapi_timer timer = 1;
            gotapi_status wrong = p->host->start_timer(p->host, 1, 0, NULL, &timer);
            gotapi_status stop = p->host->stop_timer(p->host, 1);
            gotapi_status answered = answer(p, p->kept, "{\"start\":%d,\"stop\":%d,\"timer\":%d}", wrong, stop, (int)timer);
            gotapi_status released = p->host->release(p->host, p->kept);
            say(p, "thread %d %d", answered, released);
            return NULL;
        }

        static gotapi_status start(void *context, const gotapi_host *host, void **self) {
            (void)context;
            if (host->size != sizeof(gotapi_host)) return GOTAPI_UNSUPPORTED;
            const char *config;
            uint64_t length;
            host->config(host, &config, &length);
            puppet *p = calloc(1, sizeof *p);
            p->host = host;
            *self = p;
            if (length == 6 && memcmp(config, "\"fail\"", 6) == 0) return GOTAPI_FAILED;
            if (length == 6 && memcmp(config, "\"mine\"", 6) == 0) return -5;
            if (length == 6 && memcmp(config, "\"odd!\"", 6) == 0) return 99;
            if (length == 7 && memcmp(config, "\"begin\"", 7) == 0) {
                host->start_timer(host, 0, 0, NULL, &p->timer);
                host->call_on_plugin_thread(host, NULL);
                return GOTAPI_FAILED;
            }
            say(p, "start");
            return GOTAPI_OK;
        }

        static void stop(void *self) {
            puppet *p = self;
            gotapi_timer timer;
            gotapi_subscription subscription;
            if (p->has_thread) pthread_join(p->thread, NULL);
            say(p, "stop timer=%d call=%d subscribe=%d push=%d answer=%d", p->host->start_timer(p->host, 1, 0, NULL, &timer),
                p->host->call_on_plugin_thread(p->host, NULL), p->host->subscribe(p->host, p->kept, &subscription),
                p->host->push_message(p->host, p->subscription, "{}", 2), answer(p, p->kept, "{}"));
            free(p);
        }

        static void on_timer(void *self, gotapi_timer timer, void *user, gotapi_status status) {
            puppet *p = self;
            say(p, "timer %d %d", (int)(intptr_t)user, status);
            if (status == GOTAPI_OK && ++p->fires == 3) say(p, "stop_timer %d", p->host->stop_timer(p->host, timer));
        }

        static void on_call(void *self, void *user, gotapi_status status) {
            say(self, "call %d %d", (int)(intptr_t)user, status);
        }

        static void on_unsubscribed(void *self, gotapi_subscription subscription, uint32_t reason) {
            puppet *p = self;
            say(p, "unsubscribed %d push=%d release=%d", (int)reason, p->host->push_message(p->host, subscription, "{}", 2),
                p->host->release(p->host, subscription));
        }

        static void on_message_expired(void *self, gotapi_message message) {
            puppet *p = self;
            const char *text = "";
            uint64_t length = 0, left = 1;
            gotapi_status late = answer(p, message, "{}");
            gotapi_status read = p->host->field(p->host, message, GOTAPI_FIELD_PROFILE, &text, &length);
            p->host->time_left(p->host, message, &left);
            /* Released here, the text still lives until this callback returns. */
            gotapi_status released = p->host->release(p->host, message);
            say(p, "expired answer=%d read=%d release=%d left=%d %.*s", late, read, released, (int)left, (int)length, text);
        }

        #ifdef ASKS
        static void on_service_discovery(void *self, gotapi_message message) { answer(self, message, "{\"services\":[],\"asked\":1}"); }
        static void on_client_id(void *self, gotapi_message message) { answer(self, message, "{\"accept\":false}"); }
        static void on_access_token(void *self, gotapi_message message) {
            puppet *p = self;
            gotapi_subscription subscription;
            answer(self, message, "{\"accept\":true,\"subscribe\":%d}", p->host->subscribe(p->host, message, &subscription));
        }
        #else
        #define on_service_discovery NULL
        #define on_client_id NULL
        #define on_access_token NULL
        #endif

        #define IS(name) (length == sizeof(name) - 1 && memcmp(attribute, name, length) == 0)

        static void read_all(puppet *p, gotapi_message message) {
            const gotapi_host *h = p->host;
            char out[4096];
            int n = 0;
            const char *text, *name;
            uint64_t size, name_size, left;
            uint32_t replay;
            h->method(h, message, &text, &size);
            n += snprintf(out + n, sizeof out - (size_t)n, "{\"method\":\"%.*s%s\",\"fields\":[", (int)size, text, text[size] ? "?" : "");
            for (uint32_t field = 0; field < 7; field++) {
                h->field(h, message, field, &text, &size);
                n += snprintf(out + n, sizeof out - (size_t)n, "%s\"%s\"", field ? "," : "", text);
            }
            n += snprintf(out + n, sizeof out - (size_t)n, "],\"badField\":%d,\"parameters\":[", h->field(h, message, 7, &text, &size));
            uint64_t index = 0;
            for (; h->parameter_at(h, message, index, &name, &name_size, &text, &size) == GOTAPI_OK; index++)
                n += snprintf(out + n, sizeof out - (size_t)n, "%s\"%s=%s\"", index ? "," : "", name, text);
            gotapi_status behind = h->parameter_at(h, message, UINT64_MAX, &name, &name_size, &text, &size);
            gotapi_status empty = h->parameter(h, message, "empty", 5, &text, &size);
            n += snprintf(out + n, sizeof out - (size_t)n, "],\"behind\":%d,\"empty\":[%d,%d]", behind, empty, (int)size);
            gotapi_status none = h->parameter(h, message, "none", 4, &text, &size);
            gotapi_status nameless = h->parameter(h, message, NULL, 0, &text, &size);
            h->time_left(h, message, &left);
            h->is_replay(h, message, &replay);
            n += snprintf(out + n, sizeof out - (size_t)n, ",\"none\":%d,\"nameless\":%d,\"null\":%d,\"hasTime\":%d,\"replay\":%d,\"json\":", none,
                nameless, text == NULL, left > 0 && left < 600000, (int)replay);
            h->request_json(h, message, &text, &size);
            const char *again;
            uint64_t again_size;
            h->request_json(h, message, &again, &again_size);
            n += snprintf(out + n, sizeof out - (size_t)n, "%s,\"same\":%d}", text, again == text && again_size == size);
            h->return_message(h, message, out, (uint64_t)n);
        }

        static void nulls(puppet *p, gotapi_message message) {
            const gotapi_host *h = p->host;
            const char *text;
            uint64_t size;
        #pragma GCC diagnostic push
        #pragma GCC diagnostic ignored "-Wnonnull"
            gotapi_status s[] = {
                h->method(NULL, message, &text, &size), h->method(h, message, NULL, &size), h->method(h, message, &text, NULL),
                h->field(h, message, 0, NULL, &size), h->parameter(h, message, NULL, 3, &text, &size),
                h->parameter(h, message, "a", UINT64_MAX, &text, &size), h->parameter_at(h, message, 0, NULL, &size, &text, &size),
                h->request_json(h, message, NULL, NULL), h->time_left(h, message, NULL), h->is_replay(h, message, NULL),
                h->return_message(h, message, NULL, 3), h->subscribe(h, message, NULL), h->push_message(h, p->subscription, NULL, 3),
                h->log(h, GOTAPI_LOG_INFO, NULL, 3), h->log(h, 7, "x", 1), h->config(h, NULL, &size), h->data_directory(h, &text, NULL),
                h->start_timer(h, 1, 0, NULL, NULL), h->get_extension(h, NULL) == NULL ? 2 : 0,
            };
        #pragma GCC diagnostic pop
            int wrong = 0;
            for (size_t i = 0; i < sizeof s / sizeof *s; i++) if (s[i] != GOTAPI_INVALID_ARGUMENT) { wrong++; say(p, "nulls %d: %d", (int)i, s[i]); }
            answer(p, message, "{\"wrong\":%d}", wrong);
        }

        static void on_message(void *self, gotapi_message message) {
            puppet *p = self;
            const gotapi_host *h = p->host;
            const char *attribute, *text;
            uint64_t length, size;
            h->field(h, message, GOTAPI_FIELD_ATTRIBUTE, &attribute, &length);
            if (IS("read")) read_all(p, message);
            else if (IS("nothing")) return;
            else if (IS("nulls")) nulls(p, message);
            else if (IS("twice")) {
                gotapi_status first = answer(p, message, "{\"data\":1}");
                say(p, "twice %d %d", first, answer(p, message, "not even JSON"));
            } else if (IS("raw")) {
                text = parameter(p, message, "members", &size);
                gotapi_status status = h->return_message(h, message, text, size);
                if (status != GOTAPI_OK) answer(p, message, "{\"status\":%d}", status);
            } else if (IS("long")) {
                uint64_t wanted = number(p, message, "length");
                char *members = malloc(wanted);
                memset(members, 'x', wanted);
                memcpy(members, "{\"a\":\"", 6);
                memcpy(members + wanted - 2, "\"}", 2);
                gotapi_status status = h->return_message(h, message, members, wanted);
                free(members);
                if (status != GOTAPI_OK) answer(p, message, "{\"status\":%d}", status);
            } else if (IS("invalid")) {
                gotapi_status status = h->return_message(h, message, "{\"a\":\"\xff\"}", 9);
                answer(p, message, "{\"status\":%d}", status);
            } else if (IS("keep")) {
                p->kept = message;
                say(p, "keep %d", h->retain(h, message));
            } else if (IS("retain-kept")) {
                answer(p, message, "{\"status\":%d}", h->retain(h, p->kept));
            } else if (IS("answer-kept")) {
                gotapi_status answered = answer(p, p->kept, "{\"kept\":true}");
                answer(p, message, "{\"status\":%d}", answered);
            } else if (IS("release-kept")) {
                gotapi_status released = h->release(h, p->kept);
                gotapi_status read = h->method(h, p->kept, &text, &size);
                answer(p, message, "{\"release\":%d,\"read\":%d,\"answer\":%d}", released, read, answer(p, p->kept, "{}"));
            } else if (IS("keep-block")) {
                p->kept = message;
                h->retain(h, message);
                text = parameter(p, message, "fifo", &size);
                wait_for(p, text, size);
                say(p, "late answer %d", answer(p, message, "{}"));
            } else if (IS("block")) {
                text = parameter(p, message, "fifo", &size);
                wait_for(p, text, size);
                say(p, "answer %d", answer(p, message, "{\"blocked\":1}"));
            } else if (IS("push-block")) {
                text = parameter(p, message, "fifo", &size);
                answer(p, message, "{\"answered\":\"before\"}");
                wait_for(p, text, size);
                say(p, "push %d", h->push_message(h, p->subscription, "{}", 2));
            } else if (IS("borrow")) {
                gotapi_status over = h->release(h, message);
                gotapi_status retained = h->retain(h, message);
                gotapi_status released = h->release(h, message);
                gotapi_status again = h->release(h, message);
                answer(p, message, "{\"statuses\":[%d,%d,%d,%d],\"read\":%d}", over, retained, released, again,
                    h->method(h, message, &text, &size));
            } else if (IS("strange")) {
                uint64_t one = number(p, message, "handle"), left;
                gotapi_timer timer = 0;
                h->start_timer(h, 3600000, 0, (void *)1, &timer);
                answer(p, message, "{\"statuses\":[%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d]}", h->time_left(h, 0, &left), h->retain(h, 0),
                    h->time_left(h, message + 1, &left), h->push_message(h, message, "{}", 2), h->unsubscribe(h, message),
                    h->stop_timer(h, message), h->retain(h, timer), h->push_message(h, timer, "{}", 2), h->retain(h, one),
                    h->push_message(h, one, "{}", 2), h->stop_timer(h, timer));
            } else if (IS("handle")) {
                gotapi_subscription subscription;
                gotapi_timer timer;
                h->subscribe(h, message, &subscription);
                h->start_timer(h, 3600000, 0, (void *)1, &timer);
                answer(p, message, "{\"message\":%llu,\"subscription\":%llu,\"timer\":%llu}", (unsigned long long)message,
                    (unsigned long long)subscription, (unsigned long long)timer);
            } else if (IS("subscribe")) {
                gotapi_status status = h->subscribe(h, message, &p->subscription);
                answer(p, message, "{\"status\":%d}", status);
                gotapi_subscription late = 7;
                status = h->subscribe(h, message, &late);
                say(p, "late subscribe %d %d", status, (int)late);
            } else if (IS("push")) {
                text = parameter(p, message, "members", &size);
                answer(p, message, "{\"status\":%d}", h->push_message(h, p->subscription, text, size));
            } else if (IS("flood")) {
                int count = 0;
                gotapi_status status;
                char members[1000];
                memset(members, ' ', sizeof members);
                memcpy(members, "{}", 2);
                while ((status = h->push_message(h, p->subscription, members, sizeof members)) == GOTAPI_OK) count++;
                answer(p, message, "{\"status\":%d,\"count\":%d}", status, count);
            } else if (IS("unsubscribe")) {
                gotapi_status first = h->unsubscribe(h, p->subscription);
                answer(p, message, "{\"statuses\":[%d,%d,%d]}", first, h->unsubscribe(h, p->subscription), h->release(h, p->subscription));
            } else if (IS("release-subscription")) {
                gotapi_status s[4] = {h->retain(h, p->subscription), h->release(h, p->subscription), h->release(h, p->subscription),
                    h->release(h, p->subscription)};
                answer(p, message, "{\"statuses\":[%d,%d,%d,%d]}", s[0], s[1], s[2], s[3]);
            } else if (IS("timer")) {
                gotapi_status status = h->start_timer(h, number(p, message, "delay"), number(p, message, "interval"),
                    (void *)(intptr_t)number(p, message, "user"), &p->timer);
                answer(p, message, "{\"status\":%d}", status);
            } else if (IS("stop-timer")) {
                gotapi_status first = h->stop_timer(h, p->timer);
                gotapi_status second = h->stop_timer(h, p->timer);
                say(p, "stopped");
                answer(p, message, "{\"statuses\":[%d,%d]}", first, second);
            } else if (IS("timers")) {
                int count = 0;
                gotapi_timer timer;
                gotapi_status status;
                while ((status = h->start_timer(h, 3600000, 0, (void *)(intptr_t)(count + 1), &timer)) == GOTAPI_OK) count++;
                answer(p, message, "{\"status\":%d,\"count\":%d,\"timer\":%d}", status, count, (int)timer);
            } else if (IS("calls")) {
                uint64_t count = number(p, message, "count"), accepted = 0;
                gotapi_status status = GOTAPI_OK;
                while (accepted < count && (status = h->call_on_plugin_thread(h, (void *)(intptr_t)(accepted + 1))) == GOTAPI_OK) accepted++;
                answer(p, message, "{\"status\":%d,\"count\":%d}", status, (int)accepted);
            } else if (IS("calls-block")) {
                h->call_on_plugin_thread(h, (void *)1);
                h->call_on_plugin_thread(h, (void *)2);
                text = parameter(p, message, "fifo", &size);
                wait_for(p, text, size);
            } else if (IS("thread")) {
                p->kept = message;
                h->retain(h, message);
                p->has_thread = 1;
                pthread_create(&p->thread, NULL, own_thread, p);
            } else if (IS("log")) {
                text = parameter(p, message, "text", &size);
                answer(p, message, "{\"status\":%d}", h->log(h, (uint32_t)number(p, message, "level"), text, size));
            } else if (IS("log-bytes")) {
                answer(p, message, "{\"status\":%d}", h->log(h, 2, "a\xff\x1b[1m\0b", 8));
            } else if (IS("services")) {
                gotapi_status s = h->services_changed(h) | h->services_changed(h) | h->services_changed(h);
                answer(p, message, "{\"status\":%d}", s);
            } else if (IS("around")) {
                const char *config, *data, *resources;
                uint64_t config_size, data_size, resource_size;
                h->config(h, &config, &config_size);
                h->data_directory(h, &data, &data_size);
                h->resource_directory(h, &resources, &resource_size);
                answer(p, message, "{\"config\":%.*s,\"data\":\"%s\",\"resources\":\"%s\",\"sizes\":[%d,%d]}", (int)config_size, config, data,
                    resources, (int)data_size, (int)resource_size);
            } else if (IS("where")) {
                char name[16];
                sigset_t mask;
                prctl(PR_GET_NAME, name, 0, 0, 0);
                pthread_sigmask(SIG_SETMASK, NULL, &mask);
                pthread_attr_t attributes;
                size_t stack;
                pthread_getattr_np(pthread_self(), &attributes);
                pthread_attr_getstacksize(&attributes, &stack);
                answer(p, message, "{\"name\":\"%s\",\"blocked\":[%d,%d,%d,%d,%d,%d],\"stack\":%d}", name, sigismember(&mask, SIGTERM),
                    sigismember(&mask, SIGCHLD), sigismember(&mask, SIGPIPE), sigismember(&mask, SIGHUP), sigismember(&mask, SIGSEGV),
                    sigismember(&mask, SIGABRT), stack >= 8 << 20);
            } else if (IS("crash")) abort();
            else answer(p, message, "{\"data\":\"ok\"}");
        }

        static const gotapi_plugin plugin = {
            sizeof(gotapi_plugin), 0, GOTAPI_TEXT("com.example.puppet"), GOTAPI_TEXT("Puppet"), GOTAPI_TEXT("1.2"),
            GOTAPI_TEXT("Example"), GOTAPI_TEXT("[{\"serviceId\":\"p\",\"name\":\"p\",\"online\":true,\"scopes\":[\"t\"]}]"), NULL,
            start, stop, on_service_discovery, on_client_id, on_access_token, on_message, on_unsubscribed, on_message_expired,
            on_timer, on_call, NULL};

        const gotapi_plugin *gotapi_plugin_entry(uint32_t major, uint32_t minor) {
            return major == 1 && minor == 0 ? &plugin : NULL;
        }
        """#
}
