/* Swift GotAPI · SPDX-License-Identifier: MIT */

#include "CGotAPISandbox.h"

#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
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
