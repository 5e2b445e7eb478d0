/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * Tries what the request's attribute names and answers `data` with the outcome: "OK", the name of an error number, or what
 * it found. It shows from inside what the cage refuses and what it leaves open.
 */
#define _GNU_SOURCE
#include "fixture.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <net/if.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

GOTAPI_PLUGIN_NOTE(FIXTURE_ID, 0)

/* What an attempt answers where no error number says it. */
static char text[1024];

static const char *outcome(int error) { return error == 0 ? "OK" : strerrorname_np(error); }
static const char *of(long result) { return outcome(result < 0 ? errno : 0); }

/* A parameter as a C string; empty where it is missing. */
static const char *parameter(gotapi_message message, const char *name) {
    static char values[4][1024];
    static unsigned next;
    char *value = values[next++ % 4];
    const gotapi_text found = gotapi_get_parameter(host, message, name);
    const size_t length = found.length < 1023 ? (size_t)found.length : 1023;
    if (found.bytes != NULL) memcpy(value, found.bytes, length);
    value[found.bytes == NULL ? 0 : length] = 0;
    return value;
}

/* Files */

static const char *open_file(gotapi_message message) {
    const char *how = parameter(message, "how");
    int flags = strcmp(how, "write") == 0 ? O_WRONLY : strcmp(how, "both") == 0 ? O_RDWR : O_RDONLY;
    if (strcmp(how, "make") == 0) flags = O_WRONLY | O_CREAT | O_EXCL;
    const int file = open(parameter(message, "path"), flags | O_NOCTTY | O_NONBLOCK, 0600);
    if (file < 0) return outcome(errno);
    close(file);
    return "OK";
}

static const char *list_folder(gotapi_message message) {
    DIR *folder = opendir(parameter(message, "path"));
    if (folder == NULL) return outcome(errno);
    closedir(folder);
    return "OK";
}

/* Makes, writes, reads, renames and removes a file, and a folder, in `path`. */
static const char *work_in(const char *path) {
    char file[600], other[600], folder[600], bytes[4] = "";
    snprintf(file, sizeof file, "%s/probe.a", path);
    snprintf(other, sizeof other, "%s/probe.folder/b", path);
    snprintf(folder, sizeof folder, "%s/probe.folder", path);
    int descriptor = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (descriptor < 0 || write(descriptor, "abc", 3) != 3 || pread(descriptor, bytes, 3, 0) != 3) return outcome(errno);
    close(descriptor);
    if (mkdir(folder, 0700) != 0 || rename(file, other) != 0 || truncate(other, 1) != 0) return outcome(errno);
    if (unlink(other) != 0 || rmdir(folder) != 0) return outcome(errno);
    return "OK";
}

static const char *data_folder(gotapi_message message) {
    gotapi_text path = {NULL, 0};
    (void)message;
    if (host->data_directory(host, &path.bytes, &path.length) != GOTAPI_OK) return "none";
    snprintf(text, sizeof text, "%.*s", (int)path.length, path.bytes);
    return work_in(text);
}

static const char *temporary_file(gotapi_message message) {
    (void)message;
    const char *folder = getenv("TMPDIR");
    return folder == NULL ? "no TMPDIR" : work_in(folder);
}

static const char *resource_file(gotapi_message message) {
    gotapi_text path = {NULL, 0};
    char bytes[64] = "", name[600];
    if (host->resource_directory(host, &path.bytes, &path.length) != GOTAPI_OK) return "none";
    snprintf(name, sizeof name, "%.*s/%s", (int)path.length, path.bytes, parameter(message, "name"));
    FILE *file = fopen(name, "r");
    if (file == NULL) return outcome(errno);
    if (fgets(bytes, sizeof bytes, file) == NULL) bytes[0] = 0;
    fclose(file);
    bytes[strcspn(bytes, "\n")] = 0;
    snprintf(text, sizeof text, "%s", bytes);
    return text;
}

static const char *descriptors(gotapi_message message) {
    (void)message;
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL) return outcome(errno);
    size_t length = 0;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char link[300], target[128];
        if (entry->d_name[0] == '.' || atoi(entry->d_name) == dirfd(folder)) continue;
        snprintf(link, sizeof link, "/proc/self/fd/%s", entry->d_name);
        const ssize_t count = readlink(link, target, sizeof target - 1);
        target[count < 0 ? 0 : count] = 0;
        target[strcspn(target, ":[")] = 0;
        length += (size_t)snprintf(text + length, sizeof text - length, "%s ", target);
    }
    closedir(folder);
    return text;
}

/* Other processes */

static const char *send_signal(gotapi_message message) {
    return of(kill(atoi(parameter(message, "pid")), atoi(parameter(message, "signal"))));
}

static const char *trace(gotapi_message message) {
    return of(ptrace(PTRACE_SEIZE, atoi(parameter(message, "pid")), NULL, NULL));
}

/* Connects to a Unix socket, sends `line` and answers with what comes back. */
static const char *talk(gotapi_message message) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = parameter(message, "path");
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    socklen_t length = sizeof address;
    if (path[0] == '@') {
        address.sun_path[0] = 0;
        length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    }
    const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client < 0) return outcome(errno);
    if (connect(client, (struct sockaddr *)&address, length) != 0) {
        const int error = errno;
        close(client);
        return outcome(error);
    }
    dprintf(client, "%s\n", parameter(message, "line"));
    const ssize_t count = read(client, text, sizeof text - 1);
    close(client);
    text[count < 0 ? 0 : count] = 0;
    for (char *end = text; *end != 0; end++)
        if (*end == '"' || *end == '\\' || *end == '\n') *end = ' ';
    return text;
}

/* The network */

static const char *make_socket(gotapi_message message) {
    static const struct { const char *name; int family, type, protocol; } kinds[] = {
        {"tcp", AF_INET, SOCK_STREAM, 0}, {"tcp6", AF_INET6, SOCK_STREAM, 0}, {"udp", AF_INET, SOCK_DGRAM, 0},
        {"raw", AF_INET, SOCK_RAW, IPPROTO_ICMP}, {"packet", AF_PACKET, SOCK_RAW, 0}, {"unix", AF_UNIX, SOCK_STREAM, 0},
        {"route", AF_NETLINK, SOCK_RAW, 0}, {"uevent", AF_NETLINK, SOCK_RAW, 15},
    };
    const char *name = parameter(message, "kind");
    for (size_t index = 0; index < sizeof kinds / sizeof kinds[0]; index++) {
        if (strcmp(kinds[index].name, name) != 0) continue;
        const int made = socket(kinds[index].family, kinds[index].type | SOCK_CLOEXEC, kinds[index].protocol);
        if (made < 0) return outcome(errno);
        close(made);
        return "OK";
    }
    return "unknown kind";
}

static const char *tcp(gotapi_message message) {
    (void)message;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    const int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    int peer = -1;
    char byte = 0;
    const char *result = "OK";
    if (server < 0 || client < 0 || bind(server, (struct sockaddr *)&address, length) != 0 || listen(server, 1) != 0 ||
        getsockname(server, (struct sockaddr *)&address, &length) != 0 ||
        connect(client, (struct sockaddr *)&address, length) != 0 || (peer = accept(server, NULL, NULL)) < 0 ||
        write(client, "x", 1) != 1 || read(peer, &byte, 1) != 1)
        result = outcome(errno);
    close(peer);
    close(client);
    close(server);
    return result;
}

/* Sends from one socket to another on the same machine, to an address of the interface `lo`. */
static const char *udp_to(const char *to, int is_broadcast, uint16_t port) {
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in target = {.sin_family = AF_INET};
    const struct timeval patience = {.tv_sec = 5};
    socklen_t length = sizeof any;
    const int on = 1, receiver = socket(AF_INET, SOCK_DGRAM, 0), sender = socket(AF_INET, SOCK_DGRAM, 0);
    struct ip_mreqn group = {.imr_ifindex = (int)if_nametoindex("lo")};
    const char *result = "OK";
    char byte = 0;
    inet_pton(AF_INET, to, &target.sin_addr);
    group.imr_multiaddr = target.sin_addr;
    setsockopt(receiver, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(receiver, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (receiver < 0 || sender < 0 || bind(receiver, (struct sockaddr *)&any, length) != 0 ||
        getsockname(receiver, (struct sockaddr *)&any, &length) != 0)
        result = outcome(errno);
    target.sin_port = any.sin_port;
    if (is_broadcast) {
        if (setsockopt(sender, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) != 0) result = outcome(errno);
    } else if (setsockopt(receiver, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group) != 0 ||
               setsockopt(sender, IPPROTO_IP, IP_MULTICAST_IF, &group, sizeof group) != 0) {
        result = outcome(errno);
    }
    if (strcmp(result, "OK") == 0 &&
        (sendto(sender, "x", 1, 0, (struct sockaddr *)&target, sizeof target) != 1 || recv(receiver, &byte, 1, 0) != 1))
        result = outcome(errno);
    close(receiver);
    close(sender);
    return result;
}

static const char *broadcast(gotapi_message message) {
    (void)message;
    return udp_to("127.255.255.255", 1, 0);
}

static const char *multicast(gotapi_message message) {
    (void)message;
    return udp_to("239.255.77.77", 0, 0);
}

static const char *mdns(gotapi_message message) {
    (void)message;
    return udp_to("224.0.0.251", 0, 5353);
}

static const char *look_up(gotapi_message message) {
    struct addrinfo *found = NULL;
    const int error = getaddrinfo(parameter(message, "name"), "http", NULL, &found);
    if (error != 0) return gai_strerror(error);
    freeaddrinfo(found);
    return "OK";
}

/* Devices and the rest that real plug-ins do */

static const char *serial_line(gotapi_message message) {
    (void)message;
    struct termios settings;
    char name[128], bytes[8] = "";
    const int side = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (side < 0 || grantpt(side) != 0 || unlockpt(side) != 0 || ptsname_r(side, name, sizeof name) != 0)
        return outcome(errno);
    const int line = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    const char *result = "OK";
    if (line < 0 || tcgetattr(line, &settings) != 0) {
        result = outcome(errno);
    } else {
        cfmakeraw(&settings);
        cfsetspeed(&settings, B9600);
        if (tcsetattr(line, TCSANOW, &settings) != 0 || write(side, "hello", 5) != 5 || read(line, bytes, 5) != 5)
            result = outcome(errno);
    }
    close(line);
    close(side);
    return result;
}

static const char *random_bytes(gotapi_message message) {
    (void)message;
    char bytes[16];
    const int file = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    const char *result = file < 0 || read(file, bytes, 16) != 16 || getrandom(bytes, 16, 0) != 16 ? outcome(errno) : "OK";
    close(file);
    return result;
}

static void *on_thread(void *argument) {
    pthread_setname_np(pthread_self(), "probe");
    return argument;
}

static const char *start_thread(gotapi_message message) {
    (void)message;
    pthread_t thread;
    char argument = 0;
    void *returned = NULL;
    const int error = pthread_create(&thread, NULL, on_thread, &argument);
    if (error != 0) return outcome(error);
    pthread_join(thread, &returned);
    return returned == &argument ? "OK" : "wrong";
}

/* Runs `/bin/sh -c command`, or `python3 -c script`, and answers with its status. */
static const char *run_program(gotapi_message message) {
    const char *command = parameter(message, "command");
    const char *script = parameter(message, "script");
    const pid_t child = fork();
    int status = 0;
    if (child == 0) {
        if (*script != 0) execlp("python3", "python3", "-c", script, (char *)NULL);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0) return outcome(errno);
    snprintf(text, sizeof text, "status %d", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return text;
}

static const char *time_zone(gotapi_message message) {
    struct tm local;
    const time_t now = 1700000000;
    setenv("TZ", parameter(message, "zone"), 1);
    tzset();
    localtime_r(&now, &local);
    const locale_t locale = newlocale(LC_ALL_MASK, "C.UTF-8", NULL);
    snprintf(text, sizeof text, "%s %s", local.tm_zone, locale == NULL ? "none" : nl_langinfo_l(CODESET, locale));
    if (locale != NULL) freelocale(locale);
    return text;
}

static const char *memory(gotapi_message message) {
    const size_t size = (size_t)atoi(parameter(message, "mebibytes")) << 20;
    char *block = malloc(size);
    if (block == NULL) return outcome(errno);
    memset(block, 1, size);
    free(block);
    return "OK";
}

static const char *limit(gotapi_message message) {
    struct rlimit limit;
    const int is_core = strcmp(parameter(message, "what"), "core") == 0;
    if (getrlimit(is_core ? RLIMIT_CORE : RLIMIT_NPROC, &limit) != 0) return outcome(errno);
    snprintf(text, sizeof text, "%llu", (unsigned long long)limit.rlim_max);
    return text;
}

/* System calls that are refused, with arguments that could do nothing if they were not. */

#define CALL(name, ...) {#name, SYS_##name, {__VA_ARGS__}}

static const struct { const char *name; long number; long arguments[6]; } calls[] = {
    CALL(ptrace, PTRACE_TRACEME), CALL(process_vm_readv, -1), CALL(process_vm_writev, -1), CALL(mount, 0),
    CALL(umount2, 0), CALL(pivot_root, 0), CALL(chroot, 0), CALL(open_tree, -1), CALL(move_mount, -1),
    CALL(fsopen, 0), CALL(fsconfig, -1), CALL(fsmount, -1), CALL(fspick, -1), {"mount_setattr", 442, {-1}},
    {"pidfd_getfd", 438, {-1}}, {"process_madvise", 440, {-1}}, CALL(swapon, 0), CALL(swapoff, 0), CALL(quotactl, 0),
    CALL(open_by_handle_at, -1), CALL(fanotify_init, -1), CALL(unshare, -1), CALL(unshare, CLONE_NEWUSER),
    CALL(setns, -1), CALL(bpf, -1), CALL(init_module, 0), CALL(finit_module, -1), CALL(delete_module, 0),
    CALL(kexec_load, 0, 99), CALL(userfaultfd, -1), CALL(io_uring_setup, 0), CALL(io_uring_enter, -1),
    CALL(io_uring_register, -1), CALL(perf_event_open, 0), CALL(keyctl, 0), CALL(add_key, 0), CALL(request_key, 0),
    CALL(reboot, 0), CALL(settimeofday, 0, 0), CALL(clock_settime, -1), CALL(adjtimex, 0), CALL(clock_adjtime, -1),
    CALL(sethostname, 0, -1), CALL(setdomainname, 0, -1), CALL(acct, -1), CALL(syslog, 10), CALL(kcmp, -1),
    {"clone of a namespace", SYS_clone, {CLONE_NEWUSER | CLONE_NEWNS | CLONE_THREAD}},
    {"dumpable", SYS_prctl, {PR_SET_DUMPABLE, 1}},
    {"outliving the gateway", SYS_prctl, {PR_SET_PDEATHSIG, 0}},
    {"limits of another process", SYS_prlimit64, {1, RLIMIT_CPU, 0, 0}},
    /* Compared by its lower half: the kernel looks at no more. */
    {"typing into a terminal", SYS_ioctl, {-1, TIOCSTI}},
    {"typing into a terminal, with more bits", SYS_ioctl, {-1, (long)(TIOCSTI | 1UL << 32)}},
#ifdef __x86_64__
    CALL(iopl, -1), CALL(ioperm, -1), CALL(modify_ldt, -1),
    {"x32", 0x40000000 + SYS_getpid, {0}},
#endif
};

/* Each call that answered anything but EPERM. */
static const char *refused_calls(gotapi_message message) {
    (void)message;
    size_t length = 0;
    text[0] = 0;
    for (size_t index = 0; index < sizeof calls / sizeof calls[0]; index++) {
        const long *a = calls[index].arguments;
        errno = 0;
        const long result = syscall(calls[index].number, a[0], a[1], a[2], a[3], a[4], a[5]);
        if (result < 0 && errno == EPERM) continue;
        length += (size_t)snprintf(text + length, sizeof text - length, "%s: %s; ", calls[index].name, of(result));
    }
    errno = 0;
    if (syscall(435 /* clone3 */, NULL, 0) >= 0 || errno != ENOSYS)
        snprintf(text + length, sizeof text - length, "clone3: %s", outcome(errno));
    return text[0] == 0 ? "all refused" : text;
}

static const struct { const char *name; const char *(*try_it)(gotapi_message); } attempts[] = {
    {"open", open_file}, {"list", list_folder}, {"data", data_folder}, {"temporary", temporary_file},
    {"resource", resource_file}, {"descriptors", descriptors}, {"signal", send_signal}, {"trace", trace}, {"talk", talk},
    {"socket", make_socket}, {"tcp", tcp}, {"broadcast", broadcast}, {"multicast", multicast}, {"mdns", mdns},
    {"lookup", look_up}, {"serial", serial_line}, {"random", random_bytes}, {"thread", start_thread},
    {"program", run_program}, {"python", run_program}, {"timezone", time_zone}, {"memory", memory}, {"limit", limit}, {"calls", refused_calls},
};

static void on_message(void *self, gotapi_message message) {
    const gotapi_text attribute = gotapi_get_field(host, message, GOTAPI_FIELD_ATTRIBUTE);
    (void)self;
    for (size_t index = 0; index < sizeof attempts / sizeof attempts[0]; index++) {
        if (!gotapi_text_equals(attribute, attempts[index].name)) continue;
        char json[1200];
        snprintf(json, sizeof json, "{\"data\":\"%s\"}", attempts[index].try_it(message));
        host->return_message(host, message, json, strlen(json));
        return;
    }
    gotapi_return_error(host, message, 404, "There is no such attempt.");
}

static const gotapi_plugin plugin = {
    FIXTURE_DESCRIPTION(0, "[" FIXTURE_SERVICE "]"),
    fixture_start,
    fixture_stop,
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

FIXTURE_ENTRY(plugin)
