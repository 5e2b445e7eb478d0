/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * What a runner process asks of the kernel and Swift cannot call: prctl(2) takes any number of arguments, and
 * <sys/eventfd.h> is not in the module Glibc.
 * Each function returns 0, or the number of an error (errno).
 */
#ifndef CGOTAPISANDBOX_H
#define CGOTAPISANDBOX_H

#include <sys/types.h>

#include "CGotAPICage.h"
#include "CGotAPISpawn.h"

/* Has this process killed (SIGKILL) when the thread that made it ends; ESRCH where `parent`, if not 0, is its parent no
 * longer, so that it would never be. */
int cgotapi_die_with_parent(pid_t parent);

/* No program that this process starts gets more rights than it has: set-user-ID bits and file capabilities do nothing. Also
 * what Landlock and seccomp ask for. */
int cgotapi_no_new_privileges(void);

/* Makes an eventfd(2), which does not block and is closed in programs that this process starts. */
int cgotapi_make_event(int *descriptor);

#endif
