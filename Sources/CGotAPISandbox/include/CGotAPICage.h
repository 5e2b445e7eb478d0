/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * What the kernel can keep from a process: files and TCP with Landlock (landlock(7)), system calls with a seccomp filter
 * (seccomp(2)). Neither is in libc, so the calls are made by number.
 *
 * Each function returns 0, or the number of an error (errno). What is switched on holds for the calling thread and for
 * all threads and programs that it starts from then on, and can never be switched off: call them while there is no other
 * thread.
 */
#ifndef CGOTAPI_CAGE_H
#define CGOTAPI_CAGE_H

#include <stdint.h>

/* What is allowed in a folder and all that is below it, or with a file. */
enum {
    CGOTAPI_READ = 1,    /* read files, list folders */
    CGOTAPI_EXECUTE = 2, /* run programs (execve(2)) */
    CGOTAPI_WRITE = 4,   /* write to files that are there, and truncate them */
    CGOTAPI_CHANGE = 8,  /* make, rename and remove files, folders, links, sockets and pipes, but no device nodes */
    CGOTAPI_CONTROL = 16 /* ioctl(2) on device nodes */
};

/* Which version of Landlock this kernel has, from 1 on. ENOSYS, EOPNOTSUPP: none, or it is switched off. */
int cgotapi_landlock_version(int *version);

/* Makes a set of rules that allows nothing yet of what this version can refuse: no file, no folder; from version 4 on,
 * where `denies_tcp` is not 0, no TCP connection and no TCP port; from 6 on, no signal to a process outside and no abstract
 * Unix socket of one. */
int cgotapi_landlock_begin(int version, int denies_tcp, int *rules);

/* Adds what is allowed with `path`. ENOENT where there is no such file. */
int cgotapi_landlock_allow(int rules, int version, const char *path, uint32_t allowed);

/* Puts the rules in force, for good, and closes the set. No new privileges must be set. */
int cgotapi_landlock_enforce(int rules);

/* What cgotapi_filter_calls refuses besides what it always refuses. */
enum {
    CGOTAPI_DENY_NETWORK = 1, /* all sockets but Unix ones, and those on which the kernel reports devices */
    CGOTAPI_DENY_DEVICES = 2  /* with the network: the latter too */
};

/* Puts the filter of system calls in force. EINVAL, ENOSYS: this kernel cannot; ENOTSUP: this processor has no table. No new
 * privileges must be set. */
int cgotapi_filter_calls(uint32_t denied);

/* No core dumps, no tracing by processes of the same user, and /proc/PID/mem is closed to them (PR_SET_DUMPABLE). For
 * programs that this process starts the first holds only (RLIMIT_CORE): execve(2) makes them dumpable again. */
int cgotapi_not_dumpable(void);

/* Limits what this process, and each that it starts, may reserve of memory that can be written, in bytes (RLIMIT_DATA). A
 * limit that is lower already stays. */
int cgotapi_limit_data(uint64_t bytes);

/* Limits how many processes and threads this process's user may have until this process, and those that it starts, can make
 * no more (RLIMIT_NPROC; it does not bind root). A limit that is lower already stays; `count` is what holds. */
int cgotapi_limit_processes(uint64_t *count);

/* Closes every descriptor from `first` on (close_range(2)). */
int cgotapi_close_from(int first);

#endif
