// Swift GotAPI · SPDX-License-Identifier: MIT

extension Fixture {
    /// A plug-in that behaves and misbehaves as its macros and the attribute of each request say. C, and C++ too.
    static let pluginSource = #"""
        /* A plug-in that behaves and misbehaves as its macros and the attribute of each request say.
         */
        #include <pthread.h>
        #include <signal.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/stat.h>
        #include <time.h>
        #include <unistd.h>

        #include "gotapi_plugin.h"

        #ifndef NO_NOTE
        #if defined(REPLAYABLE)
        GOTAPI_PLUGIN_NOTE(ID, GOTAPI_FLAG_REPLAYABLE)
        #elif defined(EXCLUSIVE)
        GOTAPI_PLUGIN_NOTE(ID, GOTAPI_FLAG_EXCLUSIVE)
        #elif defined(INLINE)
        GOTAPI_PLUGIN_NOTE(ID, GOTAPI_FLAG_INLINE)
        #else
        GOTAPI_PLUGIN_NOTE(ID, 0)
        #endif
        #endif

        #ifndef VERSION
        #define VERSION "1.2"
        #endif

        static const gotapi_host *host;

        static int is(gotapi_message message, const char *attribute) {
            const char *text = NULL;
            uint64_t length = 0;
            host->field(host, message, GOTAPI_FIELD_ATTRIBUTE, &text, &length);
            return length == strlen(attribute) && memcmp(text, attribute, length) == 0;
        }

        static void wait_for(long milliseconds) {
            struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
            nanosleep(&time, NULL);
        }

        static void answer(gotapi_message message, const char *members) {
            host->return_message(host, message, members, strlen(members));
        }

        #ifdef PUSHES_AFTER_STOP
        static char data_folder[1024];
        #endif

        /* A file's name in the data folder. */
        static void data_path(char *path, size_t size, const char *name) {
            const char *data = NULL;
            uint64_t length = 0;
            host->data_directory(host, &data, &length);
            snprintf(path, size, "%s/%s", data, name);
        }

        static gotapi_status start(void *context, const gotapi_host *given, void **self) {
            (void)context;
            host = given;
            *self = NULL;
        #ifdef START_FAILS
            return -7;
        #endif
        #ifdef START_CRASHES
            abort();
        #endif
        #ifdef START_SLOW
            /* Until the test puts a file there. */
            char path[1024];
            data_path(path, sizeof(path), "go");
            while (access(path, F_OK) != 0) wait_for(5);
        #endif
        #ifdef EXCLUSIVE
            /* A device that can be open once. */
            char device[1024];
            data_path(device, sizeof(device), "device");
            if (mkdir(device, 0700) != 0) return -5;
        #ifdef FAILS_WHEN_OPEN
            rmdir(device);
            return -7;
        #endif
        #endif
        #ifdef START_CHANGES_SERVICES
            host->services_changed(host);
        #endif
            return GOTAPI_OK;
        }

        static gotapi_subscription last_subscription;

        #ifdef PUSHES_AFTER_STOP
        /* Goes on after `stop`, and says what came of it. */
        static void *push_on(void *unused) {
            (void)unused;
            char path[1024];
            strcpy(path, data_folder);
            gotapi_status status = GOTAPI_OK;
            for (int count = 0; count < 100; count++) {
                status = host->push_message(host, last_subscription, GOTAPI_TEXT("{\"late\":1}"));
                wait_for(1);
            }
            FILE *file = fopen(path, "w");
            if (file != NULL) {
                fprintf(file, "%d", (int)status);
                fclose(file);
            }
            return NULL;
        }
        #endif

        static void stop(void *self) {
            (void)self;
        #ifdef PUSHES_AFTER_STOP
            pthread_t thread;
            data_path(data_folder, sizeof(data_folder), "late");
            if (pthread_create(&thread, NULL, push_on, NULL) == 0) pthread_detach(thread);
        #endif
        #ifdef STOP_HANGS
            for (;;) pause();
        #endif
        #ifdef EXCLUSIVE
            char device[1024];
            data_path(device, sizeof(device), "device");
            rmdir(device);
        #endif
        }

        static void push(gotapi_message message, int count, int size) {
            gotapi_subscription subscription = 0;
            if (host->subscribe(host, message, &subscription) != GOTAPI_OK) return;
            last_subscription = subscription;
            answer(message, "{\"result\":0}");
            char *members = (char *)malloc((size_t)size + 64);
            for (int index = 0; index < count; index++) {
                int length = sprintf(members, "{\"n\":%d,\"fill\":\"%0*d\"}", index, size, 0);
                while (host->push_message(host, subscription, members, (uint64_t)length) == GOTAPI_FULL) wait_for(1);
            }
            free(members);
        }

        static void *answer_later(void *kept) {
            const gotapi_message message = *(const gotapi_message *)kept;
            wait_for(20);
            answer(message, "{\"data\":\"later\"}");
            host->release(host, message);
            return NULL;
        }

        static void on_message(void *self, gotapi_message message) {
            (void)self;
            if (is(message, "version")) {
                answer(message, "{\"data\":\"" VERSION "\"}");
            } else if (is(message, "wait")) {
                /* Until the test puts a file there. */
                char path[1024];
                data_path(path, sizeof(path), "go");
                while (access(path, F_OK) != 0) wait_for(2);
                answer(message, "{\"data\":\"" VERSION "\"}");
            } else if (is(message, "silent")) {
                host->retain(host, message);
            } else if (is(message, "twice")) {
                answer(message, "{\"data\":1}");
                answer(message, "{\"data\":2}");
            } else if (is(message, "nothing")) {
                return;
            } else if (is(message, "badjson")) {
                answer(message, "{\"data\":");
            } else if (is(message, "big")) {
                char *members = (char *)malloc((2u << 20) + 16);
                memset(members, 'a', (2u << 20) + 16);
                memcpy(members, "{\"data\":\"", 9);
                memcpy(members + (2u << 20), "\"}", 3);
                answer(message, members);
                free(members);
            } else if (is(message, "segv")) {
                fputs("about to crash\n", stderr);
                raise(SIGSEGV);
            } else if (is(message, "exit")) {
                _exit(3);
            } else if (is(message, "block")) {
                wait_for(2500);
                answer(message, "{\"data\":\"late\"}");
            } else if (is(message, "hang")) {
                for (;;) pause();
            } else if (is(message, "child")) {
                /* A child that keeps the socket and the pipe open beyond this process's end. */
                if (fork() == 0) {
                    sleep(5);
                    _exit(0);
                }
                raise(SIGKILL);
            } else if (is(message, "program")) {
                /* One that would go on for long after this process's end. */
                char members[64];
                pid_t program = fork();
                if (program == 0) {
                    execlp("sleep", "sleep", "600", (char *)NULL);
                    _exit(1);
                }
                sprintf(members, "{\"data\":%d}", (int)program);
                answer(message, members);
            } else if (is(message, "print")) {
                for (int index = 0; index < 20000; index++) fprintf(stderr, "line %d %0100d\n", index, 0);
                answer(message, "{\"data\":\"printed\"}");
            } else if (is(message, "log")) {
                for (int index = 0; index < 3000; index++) host->log(host, GOTAPI_LOG_INFO, GOTAPI_TEXT("line"));
                host->log(host, GOTAPI_LOG_WARNING, GOTAPI_TEXT("a\nb\033[31m"));
                answer(message, "{\"data\":\"logged\"}");
            } else if (is(message, "thread")) {
                char members[64];
                sprintf(members, "{\"data\":%lu}", (unsigned long)pthread_self());
                answer(message, members);
            } else if (is(message, "later")) {
                /* From a thread of its own, when the callback is over. */
                static gotapi_message kept;
                pthread_t thread;
                host->retain(host, message);
                kept = message;
                if (pthread_create(&thread, NULL, answer_later, &kept) == 0) pthread_detach(thread);
            } else if (is(message, "push")) {
                push(message, 3, 1);
            } else if (is(message, "pushmany")) {
                push(message, 40, 100000);
            } else if (is(message, "config")) {
                const char *text = NULL;
                uint64_t length = 0;
                host->config(host, &text, &length);
                host->return_message(host, message, text, length);
            } else if (is(message, "where")) {
                const char *data = NULL;
                const char *resources = NULL;
                uint64_t length = 0;
                char current[1024];
                char members[4096];
                host->data_directory(host, &data, &length);
                host->resource_directory(host, &resources, &length);
                snprintf(members, sizeof(members),
                         "{\"data\":\"%s\",\"resources\":\"%s\",\"current\":\"%s\",\"home\":\"%s\"}", data, resources,
                         getcwd(current, sizeof(current)), getenv("HOME"));
                answer(message, members);
            } else if (is(message, "descriptors")) {
                /* How many descriptors are open that the gateway passed on. */
                char members[256];
                int open = 0;
                for (int descriptor = 3; descriptor < 1024; descriptor++) {
                    char path[64];
                    char target[256] = {0};
                    sprintf(path, "/proc/self/fd/%d", descriptor);
                    if (readlink(path, target, sizeof(target) - 1) < 0) continue;
                    /* The runner's own are fine: its socket, moved away from 0, and an eventfd. */
                    if (strstr(target, "eventfd") == NULL && strncmp(target, "socket:", 7) != 0) open++;
                }
                sprintf(members, "{\"data\":%d}", open);
                answer(message, members);
        #ifdef USES_COMPANION
            } else if (is(message, "companion")) {
                extern int companion_value(void);
                char members[64];
                sprintf(members, "{\"data\":%d}", companion_value());
                answer(message, members);
        #endif
            } else {
                answer(message, "{\"data\":\"ok\"}");
            }
        }

        static const gotapi_plugin plugin = {
            sizeof(gotapi_plugin),
        #if defined(OTHER_FLAGS) || defined(REPLAYABLE)
            GOTAPI_FLAG_REPLAYABLE,
        #elif defined(EXCLUSIVE)
            GOTAPI_FLAG_EXCLUSIVE,
        #elif defined(INLINE)
            GOTAPI_FLAG_INLINE,
        #else
            0,
        #endif
        #ifdef WRONG_ID
            GOTAPI_TEXT("com.example.other"),
        #else
            GOTAPI_TEXT(ID),
        #endif
            GOTAPI_TEXT("Fixture"),
            GOTAPI_TEXT(VERSION),
            GOTAPI_TEXT("Example"),
            GOTAPI_TEXT(SERVICES),
            NULL,
            start,
            stop,
            NULL,
            NULL,
            NULL,
            on_message,
            NULL,
            NULL,
            NULL,
            NULL,
            NULL};

        #if defined(CONSTRUCTOR_CRASHES)
        __attribute__((constructor)) static void construct(void) { raise(SIGSEGV); }
        #endif

        #ifdef UNIQUE
        template <typename T>
        struct Counter {
            static int value;
        };
        template <typename T>
        int Counter<T>::value = 1;
        extern "C" GOTAPI_EXPORT int *count(void);
        int *count(void) { return &Counter<int>::value; }
        #endif

        #ifdef TEXT_RELOCATION
        __asm__(".section .text\n.quad on_relocation\n.globl on_relocation\non_relocation: ret\n");
        #endif

        #ifdef UNDEFINED_SYMBOL
        extern int nobody_defines_this(void);
        int (*use_it)(void) = nobody_defines_this;
        #endif

        #ifndef NO_ENTRY
        GOTAPI_EXPORT const gotapi_plugin *gotapi_plugin_entry(uint32_t major, uint32_t minor) {
            (void)major;
            (void)minor;
            /* Referenced, so that no variant leaves something unused. */
            (void)push;
        #ifdef ENTRY_REFUSES
            (void)plugin;
            return NULL;
        #else
            return &plugin;
        #endif
        }
        #else
        GOTAPI_EXPORT const gotapi_plugin *gotapi_other_entry(void) {
            return &plugin;
        }
        #endif
        """#
}
