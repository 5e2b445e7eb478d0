// Swift GotAPI · SPDX-License-Identifier: MIT

extension Fixture {
    /// Stands in for `gotapi-plugin-runner` and breaks the connection's rules.
    static let hostileRunnerSource = #"""
        /* Stands in for gotapi-plugin-runner and breaks the connection's rules, as the plug-in's id says. */
        #include <stdint.h>
        #include <stdio.h>
        #include <string.h>
        #include <unistd.h>

        static unsigned char bytes[4 << 20];
        static size_t count;

        static void byte(unsigned value) { bytes[count++] = (unsigned char)value; }

        static void number32(uint32_t value) {
            for (int shift = 0; shift < 32; shift += 8) byte(value >> shift & 255);
        }

        static void number64(uint64_t value) {
            for (int shift = 0; shift < 64; shift += 8) byte((unsigned)(value >> shift & 255));
        }

        static void text(const char *value) {
            number32((uint32_t)strlen(value));
            memcpy(bytes + count, value, strlen(value));
            count += strlen(value);
        }

        static void send_bytes(void) {
            size_t sent = 0;
            while (sent < count) {
                ssize_t written = write(0, bytes + sent, count - sent);
                if (written <= 0) _exit(9);
                sent += (size_t)written;
            }
            count = 0;
        }

        static void begin(unsigned kind) {
            count = 4;
            byte(kind);
        }

        static void send_frame(void) {
            size_t length = count - 4;
            size_t end = count;
            count = 0;
            number32((uint32_t)length);
            count = end;
            send_bytes();
        }

        /* Reads one frame; returns its kind. The message's id, if it is one, stands at bytes 1 to 8. */
        static unsigned char incoming[16 << 20];
        static unsigned receive(void) {
            size_t have = 0;
            while (have < 4) {
                ssize_t got = read(0, incoming + have, 4 - have);
                if (got <= 0) _exit(0);
                have += (size_t)got;
            }
            uint32_t length = (uint32_t)incoming[0] | (uint32_t)incoming[1] << 8 | (uint32_t)incoming[2] << 16;
            have = 0;
            while (have < length) {
                ssize_t got = read(0, incoming + have, length - have);
                if (got <= 0) _exit(0);
                have += (size_t)got;
            }
            return incoming[0];
        }

        static uint64_t message_id(void) {
            uint64_t value = 0;
            for (int index = 0; index < 8; index++) value |= (uint64_t)incoming[1 + index] << (8 * index);
            return value;
        }

        static void loaded(const char *id, uint32_t flags, const char *services) {
            begin(1);
            text(id);
            text("Hostile");
            text("1");
            text("Nobody");
            number32(flags);
            text(services);
            send_frame();
        }

        int main(int argc, char **argv) {
            const char *id = argc > 1 ? argv[1] : "";
            const char *mode = strrchr(id, '.') ? strrchr(id, '.') + 1 : id;
            receive();
            if (strcmp(mode, "exit") == 0) return 7;
            if (strcmp(mode, "garbage") == 0) {
                begin(77);
                send_frame();
                pause();
            }
            if (strcmp(mode, "long") == 0) {
                number32(0x7fffffff);
                send_bytes();
                pause();
            }
            if (strcmp(mode, "early") == 0) {
                begin(3);
                send_frame();
                pause();
            }
            if (strcmp(mode, "identity") == 0) {
                loaded("com.example.somebody", 0, "[]");
                pause();
            }
            if (strcmp(mode, "services") == 0) {
                loaded(id, 0, "{\"not\":\"an array\"}");
                pause();
            }
            if (strcmp(mode, "flags") == 0) {
                loaded(id, 2, "[]");
                pause();
            }
            loaded(id, 0, "[]");
            receive();
            begin(3);
            send_frame();
            if (strcmp(mode, "deaf") == 0) {
                for (;;) pause();
            }
            for (;;) {
                unsigned kind = receive();
                if (kind == 9) {
                    begin(13);
                    send_frame();
                    continue;
                }
                if (kind != 3) continue;
                uint64_t message = message_id();
                if (strcmp(mode, "invalid") == 0) {
                    begin(5);
                    number64(message);
                    text("{\"a\":}");
                } else if (strcmp(mode, "array") == 0) {
                    begin(5);
                    number64(message);
                    text("[1]");
                } else if (strcmp(mode, "huge") == 0) {
                    begin(5);
                    number64(message);
                    number32(2 << 20);
                    memset(bytes + count, ' ', 2 << 20);
                    bytes[count] = '{';
                    bytes[count + (2 << 20) - 1] = '}';
                    count += 2 << 20;
                } else if (strcmp(mode, "cut") == 0) {
                    begin(5);
                    number64(message);
                    number32(1000);
                } else if (strcmp(mode, "stopped") == 0) {
                    begin(13);
                } else if (strcmp(mode, "repeated") == 0) {
                    for (int index = 0; index < 2; index++) {
                        begin(7);
                        number64(message);
                        number64(5);
                        send_frame();
                    }
                    begin(6);
                    number64(message);
                } else if (strcmp(mode, "stray") == 0) {
                    begin(5);
                    number64(message + 1000);
                    text("{}");
                    send_frame();
                    begin(8);
                    number64(99);
                    text("{}");
                    send_frame();
                    begin(9);
                    number64(99);
                    send_frame();
                    begin(5);
                    number64(message);
                    text("{\"data\":\"ok\"}");
                } else if (strcmp(mode, "flood") == 0) {
                    /* Until it is ended. */
                    for (;;) {
                        begin(11);
                        send_frame();
                    }
                } else if (strcmp(mode, "logs") == 0) {
                    for (int index = 0; index < 5000; index++) {
                        begin(10);
                        number32(77);
                        text("flood");
                        send_frame();
                    }
                    for (int index = 0; index < 100; index++) {
                        begin(11);
                        send_frame();
                    }
                    begin(5);
                    number64(message);
                    text("{\"data\":\"ok\"}");
                } else {
                    begin(6);
                    number64(message);
                }
                send_frame();
            }
        }
        """#
}
