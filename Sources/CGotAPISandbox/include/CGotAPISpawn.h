/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * Starting a plug-in's process: posix_spawn(3) with the GNU file actions, which Swift does not import.
 */
#ifndef CGOTAPI_SPAWN_H
#define CGOTAPI_SPAWN_H

/* What became of a start. */
typedef struct cgotapi_spawned {
    int pid;
    /* Our end of the socket pair whose other end is the program's standard input. */
    int socket;
    /* The reading end of the pipe that is the program's standard output and standard error. */
    int output;
    /* 0 */
    int reserved;
} cgotapi_spawned;

/* Starts `path` with the arguments and the environment (both ended by NULL) in the folder `directory`. The program begins
 * with all signals at their defaults and none blocked, and has no descriptors but the three standard ones. Ours are closed
 * on exec, and at least 3. It leads a process group of its own, so that what it starts can be ended with it (kill(2)).
 *
 * Returns 0 or an errno value; then nothing is left open. Call it from a thread that lasts: a parent-death signal fires
 * when the thread ends that started the child (prctl(2), PR_SET_PDEATHSIG). */
int cgotapi_spawn(const char *path, char *const *arguments, char *const *environment, const char *directory,
                  cgotapi_spawned *spawned);

/* Whether a service manager has marked a control group's folder as given to the processes in it (getxattr(2)): 1 or 0. */
int cgotapi_is_delegated(const char *folder);

/* Names the calling thread for debuggers and top(1); 15 bytes are shown (pthread_setname_np(3)). */
void cgotapi_name_thread(const char *name);

#endif
