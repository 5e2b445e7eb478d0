/* Swift GotAPI · SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CGotAPICage.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's interface, written out: the system's <linux/landlock.h> may be older than the kernel that we run on. The
 * numbers and layouts are those of every architecture; they never change. */
enum { LANDLOCK_CREATE = 444, LANDLOCK_ADD = 445, LANDLOCK_RESTRICT = 446 };
enum { RULE_PATH_BENEATH = 1, CREATE_VERSION = 1 };

#define FS_EXECUTE (1ULL << 0)
#define FS_WRITE_FILE (1ULL << 1)
#define FS_READ_FILE (1ULL << 2)
#define FS_READ_DIR (1ULL << 3)
#define FS_REMOVE_DIR (1ULL << 4)
#define FS_REMOVE_FILE (1ULL << 5)
#define FS_MAKE_DIR (1ULL << 7)
#define FS_MAKE_REG (1ULL << 8)
#define FS_MAKE_SOCK (1ULL << 9)
#define FS_MAKE_FIFO (1ULL << 10)
#define FS_MAKE_SYM (1ULL << 12)
#define FS_REFER (1ULL << 13)
#define FS_TRUNCATE (1ULL << 14)
#define FS_IOCTL_DEV (1ULL << 15)
#define NET_BIND_TCP (1ULL << 0)
#define NET_CONNECT_TCP (1ULL << 1)
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0)
#define SCOPE_SIGNAL (1ULL << 1)

struct ruleset {
    uint64_t fs;
    uint64_t net;
    uint64_t scoped;
};

struct path_beneath {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

_Static_assert(sizeof(struct ruleset) == 24, "the kernel's layout");
_Static_assert(sizeof(struct path_beneath) == 12, "the kernel's layout");

/* What a version can refuse. A right that it does not know would make the call fail. */
static uint64_t known_rights(int version) {
    uint64_t rights = (1ULL << 13) - 1;
    if (version >= 2) rights |= FS_REFER;
    if (version >= 3) rights |= FS_TRUNCATE;
    if (version >= 5) rights |= FS_IOCTL_DEV;
    return rights;
}

int cgotapi_landlock_version(int *version) {
    long found = syscall(LANDLOCK_CREATE, NULL, (size_t)0, CREATE_VERSION);
    if (found < 0) return errno;
    *version = (int)found;
    return 0;
}

int cgotapi_landlock_begin(int version, int denies_tcp, int *rules) {
    struct ruleset set = {known_rights(version), 0, 0};
    if (version >= 4 && denies_tcp != 0) set.net = NET_BIND_TCP | NET_CONNECT_TCP;
    if (version >= 6) set.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
    /* An older kernel takes the longer struct as long as what it does not know is 0. The set is closed on exec. */
    long made = syscall(LANDLOCK_CREATE, &set, sizeof(set), 0);
    if (made < 0) return errno;
    *rules = (int)made;
    return 0;
}

int cgotapi_landlock_allow(int rules, int version, const char *path, uint32_t allowed) {
    uint64_t rights = 0;
    if (allowed & CGOTAPI_READ) rights |= FS_READ_FILE | FS_READ_DIR;
    if (allowed & CGOTAPI_EXECUTE) rights |= FS_EXECUTE;
    if (allowed & CGOTAPI_WRITE) rights |= FS_WRITE_FILE | FS_TRUNCATE;
    if (allowed & CGOTAPI_CHANGE)
        rights |= FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG | FS_MAKE_SOCK | FS_MAKE_FIFO | FS_MAKE_SYM |
                  FS_REFER;
    if (allowed & CGOTAPI_CONTROL) rights |= FS_IOCTL_DEV;
    /* O_PATH: the file is named, not opened; no device notices, and no right to read it is needed. */
    int descriptor = open(path, O_PATH | O_CLOEXEC);
    if (descriptor < 0) return errno;
    struct stat status;
    int error = fstat(descriptor, &status) == 0 ? 0 : errno;
    if (error == 0) {
        /* Rights that only folders have are an error for anything else. */
        if (!S_ISDIR(status.st_mode)) rights &= FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV;
        struct path_beneath rule = {rights & known_rights(version), descriptor};
        /* A rule that allows nothing is an error too, and says nothing. */
        if (rule.allowed != 0 && syscall(LANDLOCK_ADD, rules, RULE_PATH_BENEATH, &rule, 0) != 0) error = errno;
    }
    close(descriptor);
    return error;
}

int cgotapi_landlock_enforce(int rules) {
    int error = syscall(LANDLOCK_RESTRICT, rules, 0) == 0 ? 0 : errno;
    close(rules);
    return error;
}
