/* Swift GotAPI · SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CGotAPISandbox.h"

#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int cgotapi_die_with_parent(pid_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        return errno;
    /* It may have ended before: then another process is the parent by now, and no signal will come. */
    if (parent != 0 && getppid() != parent)
        return ESRCH;
    return 0;
}

int cgotapi_no_new_privileges(void) {
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno;
}

int cgotapi_make_event(int *descriptor) {
    *descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return *descriptor >= 0 ? 0 : errno;
}

int cgotapi_not_dumpable(void) {
    /* Not 0: programs that are handed core dumps through a pipe (core(5)) get none only for the special value 1. */
    const struct rlimit none = {1, 1};
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return errno;
    return setrlimit(RLIMIT_CORE, &none) == 0 ? 0 : errno;
}

/* Both limits are set, so that only a privileged process can raise them again. */
static int lower(__rlimit_resource_t resource, uint64_t *value) {
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0)
        return errno;
    if (limit.rlim_max < *value)
        *value = limit.rlim_max;
    limit.rlim_cur = limit.rlim_max = *value;
    return setrlimit(resource, &limit) == 0 ? 0 : errno;
}

int cgotapi_limit_data(uint64_t bytes) {
    return lower(RLIMIT_DATA, &bytes);
}

int cgotapi_limit_processes(uint64_t *count) {
    return lower(RLIMIT_NPROC, count);
}

int cgotapi_close_from(int first) {
    /* Since Linux 5.9; the system's headers may not have it. */
    enum { CLOSE_RANGE = 436 };
    return syscall(CLOSE_RANGE, (unsigned)first, ~0U, 0) == 0 ? 0 : errno;
}
