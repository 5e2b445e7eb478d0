/* Swift GotAPI · SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CGotAPICage.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef THIS_ARCHITECTURE

/* Newer than some systems' headers; from 424 on, numbers are the same on every architecture. */
enum {
    CALL_OPEN_TREE = 428,
    CALL_MOVE_MOUNT = 429,
    CALL_FSOPEN = 430,
    CALL_FSCONFIG = 431,
    CALL_FSMOUNT = 432,
    CALL_FSPICK = 433,
    CALL_CLONE3 = 435,
    CALL_PIDFD_GETFD = 438,
    CALL_PROCESS_MADVISE = 440,
    CALL_MOUNT_SETATTR = 442,
    CALL_QUOTACTL_FD = 443,
    CALL_PROCESS_MRELEASE = 448,
    CALL_OPEN_TREE_ATTR = 467
};

/* What no plug-in needs, and what reaches beyond the process or opens much of the kernel: EPERM, as without the right. What
 * ordinary programs and C libraries call is not among it. */
static const uint32_t refused[] = {
    /* Other processes: their memory, their descriptors. */
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, CALL_PIDFD_GETFD, CALL_PROCESS_MADVISE, CALL_PROCESS_MRELEASE,
    SYS_kcmp,
    /* What is mounted where. */
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, CALL_OPEN_TREE, CALL_OPEN_TREE_ATTR, CALL_MOVE_MOUNT, CALL_FSOPEN,
    CALL_FSCONFIG, CALL_FSMOUNT, CALL_FSPICK, CALL_MOUNT_SETATTR, SYS_swapon, SYS_swapoff, SYS_quotactl, CALL_QUOTACTL_FD,
    /* Files past the rules for paths: by number, and those that others open. */
    SYS_open_by_handle_at, SYS_fanotify_init,
    /* Namespaces; clone has a rule of its own below. */
    SYS_unshare, SYS_setns,
    /* Code in the kernel, and another kernel. */
    SYS_bpf, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
    /* Where faults of the kernel are looked for first. io_uring also makes sockets past any filter. */
    SYS_userfaultfd, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_perf_event_open,
    /* Keys of the user's other processes. */
    SYS_keyctl, SYS_add_key, SYS_request_key,
    /* The whole machine: power, clock, name, accounts, log. */
    SYS_reboot, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime, SYS_sethostname, SYS_setdomainname,
    SYS_acct, SYS_syslog, SYS_vhangup,
#ifdef SYS_lookup_dcookie
    SYS_lookup_dcookie,
#endif
#ifdef __x86_64__
    SYS_iopl, SYS_ioperm, SYS_modify_ldt,
#ifdef SYS__sysctl
    SYS__sysctl,
#endif
#ifdef SYS_uselib
    SYS_uselib,
#endif
#endif
};

#define ARGUMENT(index) (uint32_t)(offsetof(struct seccomp_data, args) + 8 * (index))
#define NAMESPACES                                                                                                           \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

enum { MAXIMUM_LENGTH = 2 * sizeof(refused) / sizeof(refused[0]) + 64 };

struct program {
    struct sock_filter code[MAXIMUM_LENGTH];
    unsigned short length;
};

static void add(struct program *program, uint16_t code, uint32_t value, uint8_t skip_if, uint8_t skip_else) {
    program->code[program->length++] = (struct sock_filter){code, skip_if, skip_else, value};
}

static void load(struct program *program, uint32_t offset) { add(program, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0); }
static void answer(struct program *program, uint32_t what) { add(program, BPF_RET | BPF_K, what, 0, 0); }
static void refuse(struct program *program, uint32_t error) { answer(program, SECCOMP_RET_ERRNO | error); }
static void skip_if_equal(struct program *program, uint32_t value, uint8_t count) {
    add(program, BPF_JMP | BPF_JEQ | BPF_K, value, count, 0);
}
static void skip_unless_equal(struct program *program, uint32_t value, uint8_t count) {
    add(program, BPF_JMP | BPF_JEQ | BPF_K, value, 0, count);
}

/* Each rule begins and ends with the call's number loaded. Arguments that the kernel takes as an int or unsigned int are
 * compared by their lower half, as it does itself; the machines here are little-endian, so that half comes first. */
static void build(struct program *program, uint32_t denied) {
    /* Numbers mean other calls for programs of another architecture (32-bit ones): those get none at all. */
    load(program, offsetof(struct seccomp_data, arch));
    skip_if_equal(program, THIS_ARCHITECTURE, 1);
    refuse(program, EPERM);
    load(program, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
    /* The x32 calls, which begin here, are the same ones again under other numbers. */
    add(program, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
    refuse(program, EPERM);
#endif
    for (size_t index = 0; index < sizeof(refused) / sizeof(refused[0]); index++) {
        skip_unless_equal(program, refused[index], 1);
        refuse(program, EPERM);
    }
    /* Its flags lie in memory, where a filter cannot look: without it, libc takes clone. */
    skip_unless_equal(program, CALL_CLONE3, 1);
    refuse(program, ENOSYS);

    skip_unless_equal(program, SYS_clone, 4);
    load(program, ARGUMENT(0));
    add(program, BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 0, 1);
    refuse(program, EPERM);
    load(program, offsetof(struct seccomp_data, nr));

    /* Typing into the terminal that the gateway was started from. */
    skip_unless_equal(program, SYS_ioctl, 5);
    load(program, ARGUMENT(1));
    skip_if_equal(program, TIOCSTI, 1);
    skip_unless_equal(program, TIOCLINUX, 1);
    refuse(program, EPERM);
    load(program, offsetof(struct seccomp_data, nr));

    /* Becoming dumpable again; 0, which programs with secrets of their own ask for, is all right. And outliving the gateway:
     * the signal of the parent's death stays the one that cannot be caught. */
    skip_unless_equal(program, SYS_prctl, 10);
    load(program, ARGUMENT(0));
    skip_unless_equal(program, PR_SET_DUMPABLE, 3);
    load(program, ARGUMENT(1));
    skip_if_equal(program, 0, 5);
    refuse(program, EPERM);
    skip_unless_equal(program, PR_SET_PDEATHSIG, 3);
    load(program, ARGUMENT(1));
    skip_if_equal(program, SIGKILL, 1);
    refuse(program, EPERM);
    load(program, offsetof(struct seccomp_data, nr));

    /* The limits of other processes, the gateway's too: whoever has the same user may set them, and a limit of processor time
     * ends a process. libc says 0 for the caller. */
    skip_unless_equal(program, SYS_prlimit64, 4);
    load(program, ARGUMENT(0));
    skip_if_equal(program, 0, 1);
    refuse(program, EPERM);
    load(program, offsetof(struct seccomp_data, nr));

    if (denied & CGOTAPI_DENY_NETWORK) {
        /* libudev and libusb hear of devices through a netlink socket; the other kinds configure the network. */
        uint32_t events = denied & CGOTAPI_DENY_DEVICES ? UINT32_MAX : NETLINK_KOBJECT_UEVENT;
        skip_unless_equal(program, SYS_socket, 8);
        load(program, ARGUMENT(0));
        skip_if_equal(program, AF_UNIX, 5);
        skip_unless_equal(program, AF_NETLINK, 3);
        load(program, ARGUMENT(2));
        skip_unless_equal(program, events, 1);
        answer(program, SECCOMP_RET_ALLOW);
        refuse(program, EACCES);
        load(program, offsetof(struct seccomp_data, nr));
    }
    answer(program, SECCOMP_RET_ALLOW);
}

int cgotapi_filter_calls(uint32_t denied) {
    struct program program;
    program.length = 0;
    build(&program, denied);
    struct sock_fprog filter = {program.length, program.code};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0 ? 0 : errno;
}

#else

int cgotapi_filter_calls(uint32_t denied) {
    (void)denied;
    return ENOTSUP;
}

#endif
