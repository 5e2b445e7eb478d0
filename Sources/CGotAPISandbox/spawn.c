/* Swift GotAPI · SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CGotAPISpawn.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Moves a descriptor out of the way of the standard ones, in case the gateway was started without them: dup2(2) onto 0 to 2
 * would else close the one that is to be passed on next. */
static int above_standard(int *descriptor) {
    if (*descriptor > STDERR_FILENO) {
        return 0;
    }
    int moved = fcntl(*descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (moved < 0) {
        return errno;
    }
    close(*descriptor);
    *descriptor = moved;
    return 0;
}

static int spawn_with(const char *path, char *const *arguments, char *const *environment, const char *directory,
                      int input, int output, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        return error;
    }
    posix_spawnattr_t attributes;
    error = posix_spawnattr_init(&attributes);
    if (error != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return error;
    }
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    if (error == 0) error = posix_spawnattr_setsigmask(&attributes, &none);
    if (error == 0) error = posix_spawnattr_setsigdefault(&attributes, &all);
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP;
    if (error == 0) error = posix_spawnattr_setflags(&attributes, flags);
    /* 0: one of its own, with its own process id as the group's. */
    if (error == 0) error = posix_spawnattr_setpgroup(&attributes, 0);
    if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    if (error == 0) error = posix_spawn_file_actions_addchdir_np(&actions, directory);
    if (error == 0) error = posix_spawn(pid, path, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int cgotapi_spawn(const char *path, char *const *arguments, char *const *environment, const char *directory,
                  cgotapi_spawned *spawned) {
    int sockets[2];
    int pipes[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) {
        return errno;
    }
    if (pipe2(pipes, O_CLOEXEC) != 0) {
        int error = errno;
        close(sockets[0]);
        close(sockets[1]);
        return error;
    }
    int error = above_standard(&sockets[0]);
    if (error == 0) error = above_standard(&sockets[1]);
    if (error == 0) error = above_standard(&pipes[0]);
    if (error == 0) error = above_standard(&pipes[1]);
    pid_t pid = 0;
    if (error == 0) error = spawn_with(path, arguments, environment, directory, sockets[1], pipes[1], &pid);
    close(sockets[1]);
    close(pipes[1]);
    if (error != 0) {
        close(sockets[0]);
        close(pipes[0]);
        return error;
    }
    spawned->pid = pid;
    spawned->socket = sockets[0];
    spawned->output = pipes[0];
    spawned->reserved = 0;
    return 0;
}

int cgotapi_is_delegated(const char *folder) {
    /* systemd writes one of these; which one depends on its version and on whose manager it is. */
    static const char *const names[] = {"user.delegate", "trusted.delegate"};
    for (size_t index = 0; index < sizeof(names) / sizeof(names[0]); index++) {
        char value = 0;
        if (getxattr(folder, names[index], &value, 1) == 1 && value == '1') {
            return 1;
        }
    }
    return 0;
}

void cgotapi_name_thread(const char *name) {
    char shown[16] = {0};
    strncpy(shown, name, sizeof(shown) - 1);
    /* Only fails for names that are too long. */
    (void)pthread_setname_np(pthread_self(), shown);
}
