/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * Loaded into the gateway before all else, when script/ratchet runs it under callgrind: a machine with one core and a slow
 * clock. callgrind makes the processor some fifty times slower; here the clock is slower, too, so that what is done by the
 * clock is as rare for a request as it is otherwise, and a busy machine changes nothing.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SLOWNESS 100
#define DAY 86400 /* seconds; no measurement takes so long */
#define NANOSECONDS 1000000000LL
#define DESCRIPTORS 1024

/* Since when the clock is slow, in seconds. */
static time_t began;
static int (*original_epoll_wait)(int, struct epoll_event *, int, int);
static int (*original_cond_timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
static int (*original_cond_clockwait)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *);
static long (*original_sysconf)(int);
static char is_wall_clock[DESCRIPTORS];

static struct timespec slowed(struct timespec moment) {
    const int64_t time = ((moment.tv_sec - began) * NANOSECONDS + moment.tv_nsec) / SLOWNESS;
    return (struct timespec){began + time / NANOSECONDS, time % NANOSECONDS};
}

/* How long a duration of the slow clock really is. */
static struct timespec lengthened(struct timespec duration) {
    if (duration.tv_sec >= DAY / SLOWNESS) return (struct timespec){DAY, 0};
    const int64_t time = (duration.tv_sec * NANOSECONDS + duration.tv_nsec) * SLOWNESS;
    return (struct timespec){time / NANOSECONDS, time % NANOSECONDS};
}

/* When a moment of the slow clock really is. */
static struct timespec delayed(struct timespec moment) {
    if (moment.tv_sec < began) return moment;
    moment.tv_sec -= began;
    moment = lengthened(moment);
    moment.tv_sec += began;
    return moment;
}

static int is_slow(clockid_t clock) {
    return clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_MONOTONIC_COARSE ||
           clock == CLOCK_BOOTTIME;
}

__attribute__((constructor)) static void prepare(void) {
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    began = now.tv_sec;
    *(void **)&original_epoll_wait = dlsym(RTLD_NEXT, "epoll_wait");
    *(void **)&original_cond_timedwait = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    *(void **)&original_cond_clockwait = dlsym(RTLD_NEXT, "pthread_cond_clockwait");
    *(void **)&original_sysconf = dlsym(RTLD_NEXT, "sysconf");
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    const int status = (int)syscall(SYS_clock_gettime, clock, time);
    if (status == 0 && is_slow(clock)) *time = slowed(*time);
    return status;
}

int timerfd_create(clockid_t clock, int flags) {
    const int timer = (int)syscall(SYS_timerfd_create, clock, flags);
    if (timer >= 0 && timer < DESCRIPTORS) is_wall_clock[timer] = !is_slow(clock);
    return timer;
}

int timerfd_settime(int timer, int flags, const struct itimerspec *value, struct itimerspec *old) {
    struct itimerspec later = *value;
    if (timer < DESCRIPTORS && !is_wall_clock[timer] && (later.it_value.tv_sec != 0 || later.it_value.tv_nsec != 0)) {
        later.it_value = flags & TFD_TIMER_ABSTIME ? delayed(later.it_value) : lengthened(later.it_value);
        later.it_interval = lengthened(later.it_interval);
    }
    return (int)syscall(SYS_timerfd_settime, timer, flags, &later, old);
}

int epoll_wait(int poll, struct epoll_event *events, int count, int milliseconds) {
    if (milliseconds > 0) milliseconds = milliseconds < DAY * 1000 / SLOWNESS ? milliseconds * SLOWNESS : DAY * 1000;
    return original_epoll_wait(poll, events, count, milliseconds);
}

/* Moments of the wall clock are decades later than those of the other. */
int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *moment) {
    if (moment->tv_sec > 1000000000) return original_cond_timedwait(condition, mutex, moment);
    const struct timespec later = delayed(*moment);
    return original_cond_timedwait(condition, mutex, &later);
}

int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock,
                           const struct timespec *moment) {
    const struct timespec later = is_slow(clock) ? delayed(*moment) : *moment;
    return original_cond_clockwait(condition, mutex, clock, &later);
}

/* With several event loops, how often each wakes would depend on the machine. */
long sysconf(int name) {
    if (name == _SC_NPROCESSORS_ONLN || name == _SC_NPROCESSORS_CONF) return 1;
    return original_sysconf != NULL ? original_sysconf(name) : -1;
}

/* Valgrind 3.19 writes into the mask that it is given, and libdispatch's is in memory that cannot be written to. */
int sigsuspend(const sigset_t *mask) {
    sigset_t copy = *mask;
    return (int)syscall(SYS_rt_sigsuspend, &copy, 8); /* bytes of the kernel's mask */
}
