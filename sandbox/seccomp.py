"""The system calls a program in a box may make, as a filter that the kernel runs before each call.

An allow-list: what is not named answers EPERM, what no honest program needs kills the process (the run is a violation),
and what a C library or interpreter tries first and can do without answers ENOSYS, so that it falls back. Denied on
purpose although ordinary: `socket` (no network, and some families are not namespaced), file locks, leases and inotify
(two boxes that read the same file could talk through them).

A variant lets a program make sockets of the AF_UNIX family and no other: names without a path belong to the box's own
network namespace, and names with one can only be made where the box can write, which is its own too.

Each is built once per process with libseccomp, about 2 ms.
"""

from __future__ import annotations

import errno
import functools
import os
import struct
from collections.abc import Sequence
from typing import Any

_ALLOW = """
read write readv writev pread64 pwrite64 preadv pwritev pwritev2 lseek close close_range dup dup2 dup3 open
openat creat stat fstat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat getdents getdents64
getcwd chdir fchdir statfs fstatfs mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink
symlinkat truncate ftruncate fallocate fsync fdatasync sync_file_range chmod fchmod fchmodat utime utimes utimensat
futimesat umask copy_file_range sendfile splice tee fadvise64 readahead mmap munmap mprotect mremap msync madvise brk
mlock munlock mbind get_mempolicy set_mempolicy membarrier pkey_alloc pkey_free pkey_mprotect futex futex_waitv
set_robust_list get_robust_list set_tid_address gettid getpid getppid getpgid getpgrp getsid setsid setpgid getuid
geteuid getgid getegid getresuid getresgid getgroups capget getcpu rt_sigaction rt_sigprocmask rt_sigreturn
rt_sigpending rt_sigtimedwait rt_sigqueueinfo rt_sigsuspend rt_tgsigqueueinfo sigaltstack kill tkill tgkill pause
alarm signalfd signalfd4 eventfd eventfd2 timerfd_create timerfd_settime timerfd_gettime epoll_create epoll_create1
epoll_ctl epoll_wait epoll_pwait epoll_pwait2 poll ppoll select pselect6 pipe pipe2 execve execveat fork vfork wait4
waitid exit exit_group nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time times getitimer
setitimer timer_create timer_settime timer_gettime timer_getoverrun timer_delete uname sysinfo getrusage getrlimit
setrlimit getrandom arch_prctl rseq restart_syscall sched_yield sched_getaffinity sched_setaffinity sched_getparam
sched_getscheduler sched_get_priority_max sched_get_priority_min getpriority setpriority ioprio_get sendto
recvfrom sendmsg recvmsg sendmmsg recvmmsg shutdown getsockname getpeername getsockopt
landlock_create_ruleset landlock_add_rule landlock_restrict_self
"""

_KILL = """
ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd process_madvise mount umount2 pivot_root chroot setns
fsopen fsmount fsconfig fspick move_mount open_tree mount_setattr init_module finit_module delete_module kexec_load
kexec_file_load reboot swapon swapoff bpf perf_event_open userfaultfd add_key request_key keyctl open_by_handle_at
name_to_handle_at quotactl quotactl_fd acct syslog iopl ioperm modify_ldt vhangup settimeofday clock_settime adjtimex
clock_adjtime sethostname setdomainname lookup_dcookie fanotify_init
"""

# clone3 hides its flags behind a pointer, so it cannot be filtered; C libraries fall back to clone.
_NOT_THERE = """
clone3 openat2 io_uring_setup io_uring_enter io_uring_register memfd_create memfd_secret pidfd_open pidfd_send_signal
process_mrelease
"""

ALLOW, KILL, NOT_THERE = (tuple(names.split()) for names in (_ALLOW, _KILL, _NOT_THERE))

CLONE_NEW = 0x7E02_0000 | 0x80  # user, mount, uts, ipc, pid, net, cgroup, time namespaces
UNSHARE_ALLOWED = 0x400 | 0x200 | 0x40000  # FILES, FS, SYSVSEM
LOW_32 = 0xFFFF_FFFF  # a 64-bit comparison misses requests whose upper half is not zero; the kernel ignores that half
IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451, 0x5452)  # TCGETS TIOCGWINSZ FIONREAD FIONBIO FIONCLEX ..
PRCTLS = (1, 2, 3, 4, 15, 16, 21, 23, 27, 29, 30, 38, 39, 41, 42, 47, 0x5356_4D41)
FCNTLS = (0, 1, 2, 3, 4, 5, 36, 1030, 1031, 1032, 1033, 1034)  # no locks, leases, notification, owner
PERSONALITIES = (0, 0xFFFF_FFFF)  # reset, query
LOCAL = 1  # AF_UNIX. A pair of any other family would load and reach that family's code, and fail only afterwards
ORDINARY = 0  # SCHED_OTHER
LOCAL_SOCKETS = ("bind", "listen", "accept", "accept4", "connect")  # in the variant, where all sockets are local
# SO_REUSEADDR, ERROR, KEEPALIVE, LINGER, PASSCRED, RCVTIMEO, SNDTIMEO. No filters in the kernel, and no larger buffers:
# without a control group nobody counts them
SOCKET_OPTIONS = (2, 4, 9, 13, 16, 20, 21)
SOL_SOCKET = 1
NO_WAIT = 0x8  # RWF_NOWAIT tells which pages of a file are in memory, so which another box has read

BY_TREE = 2  # look calls up in a binary tree and not one after the other: half the time to load, a little less per call

Rule = tuple[str, tuple[tuple[int, int, int], ...]]
# A call that is allowed when for each of its tests `argument & mask == value`: (call, ((position, mask, value), ...)).
ARGUMENT_RULES: tuple[Rule, ...] = (
    ("clone", ((0, CLONE_NEW, 0),)),
    ("unshare", ((0, LOW_32 ^ UNSHARE_ALLOWED, 0),)),
    ("prlimit64", ((0, LOW_32, 0),)),  # only oneself
    ("preadv2", ((5, NO_WAIT, 0),)),
    ("socketpair", ((0, LOW_32, LOCAL),)),
    *(("setsockopt", ((1, LOW_32, SOL_SOCKET), (2, LOW_32, option))) for option in SOCKET_OPTIONS),
    *(("ioctl", ((1, LOW_32, value),)) for value in IOCTLS),
    *(("prctl", ((0, LOW_32, value),)) for value in PRCTLS),
    *(("fcntl", ((1, LOW_32, value),)) for value in FCNTLS),
    *(("personality", ((0, LOW_32, value),)) for value in PERSONALITIES),
)
# And in the variant with local sockets. ZeroMQ gives its threads the scheduling that they have, and aborts when that is
# refused.
LOCAL_RULES: tuple[Rule, ...] = (("socket", ((0, LOW_32, LOCAL),)), ("sched_setscheduler", ((1, LOW_32, ORDINARY),)))

NEWEST_KNOWN = 450  # set_mempolicy_home_node; what came later is answered "not there", as on an older kernel


@functools.cache
def program(*, local_sockets: bool = False) -> bytes:
    """The filter as a BPF program for this machine, ready to be given to bubblewrap or the kernel.

    Raises:
        ImportError: libseccomp (Debian: libseccomp2) or its Python binding is missing.
    """
    import pyseccomp as sc  # loads a C library; `sandbox check` must be able to say that it is missing

    table = sc.SyscallFilter(sc.ERRNO(errno.EPERM))
    table.set_attr(sc.Attr.ACT_BADARCH, sc.KILL_PROCESS)
    table.set_attr(sc.Attr.CTL_OPTIMIZE, BY_TREE)
    for action, names in ((sc.ALLOW, ALLOW), (sc.KILL_PROCESS, KILL), (sc.ERRNO(errno.ENOSYS), NOT_THERE)):
        for name in names:
            _add(table, action, name)
    _add_rules(table, sc, ARGUMENT_RULES)
    if local_sockets:
        _add_rules(table, sc, LOCAL_RULES)
        for name in LOCAL_SOCKETS:
            _add(table, sc.ALLOW, name)
    with os.fdopen(os.memfd_create("filter"), "w+b") as file:
        table.export_bpf(file)
        file.seek(0)
        return _newer_calls_are_not_there(int(sc.system_arch())) + file.read()


def _add_rules(table: Any, sc: Any, rules: Sequence[Rule]) -> None:
    for call, tests in rules:
        arguments = (sc.Arg(position, sc.MASKED_EQ, mask, value) for position, mask, value in tests)
        _add(table, sc.ALLOW, call, *arguments)


def _add(table: Any, action: Any, name: str, *arguments: Any) -> None:
    import pyseccomp as sc

    try:
        number = sc.resolve_syscall(sc.system_arch(), name)
    except ValueError:
        return  # unknown to this libseccomp: falls to the default, which refuses
    if isinstance(number, int) and number >= 0:  # negative: this architecture has no such call
        table.add_rule(action, name, *arguments)


def _newer_calls_are_not_there(architecture: int) -> bytes:
    """Instructions to go before the list: ENOSYS for call numbers newer than it, x32 numbers and strangers left to it.

    They cannot be a filter of their own: of two answers of one kind the later filter's wins, and the list's default is
    of the same kind; and a filter after the list could not be installed, since the list forbids installing filters.
    """
    return b"".join(
        (
            struct.pack("HBBI", 0x20, 0, 0, 4),  # A = seccomp_data.arch
            struct.pack("HBBI", 0x15, 0, 4, architecture),  # another: to the list
            struct.pack("HBBI", 0x20, 0, 0, 0),  # A = seccomp_data.nr
            struct.pack("HBBI", 0x25, 0, 2, NEWEST_KNOWN),  # known: to the list
            struct.pack("HBBI", 0x35, 1, 0, 0x4000_0000),  # x32: to the list, which kills
            struct.pack("HBBI", 0x06, 0, 0, 0x0005_0000 | errno.ENOSYS),
        )
    )


def oci_profile(*, local_sockets: bool = False) -> dict[str, Any]:
    """The same filter as a document that Docker and Kubernetes load ("seccomp profile"), for this architecture.

    runc answers ENOSYS by itself for calls newer than the newest that a profile names. gVisor reads a profile only when
    its runtime is registered with `--oci-seccomp`; without it the self-test says that a forbidden call was let through.
    """
    rules: list[dict[str, Any]] = [
        {"names": list(ALLOW), "action": "SCMP_ACT_ALLOW"},
        {"names": list(KILL), "action": "SCMP_ACT_KILL_PROCESS"},
        {"names": list(NOT_THERE), "action": "SCMP_ACT_ERRNO", "errnoRet": errno.ENOSYS},
    ]
    if local_sockets:
        rules.append({"names": list(LOCAL_SOCKETS), "action": "SCMP_ACT_ALLOW"})
    for call, tests in (*ARGUMENT_RULES, *(LOCAL_RULES if local_sockets else ())):
        asked = [
            {"index": position, "value": mask, "valueTwo": value, "op": "SCMP_CMP_MASKED_EQ"}
            for position, mask, value in tests
        ]
        rules.append({"names": [call], "action": "SCMP_ACT_ALLOW", "args": asked})
    machine = {"aarch64": "SCMP_ARCH_AARCH64"}.get(os.uname().machine, "SCMP_ARCH_X86_64")
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": errno.EPERM,
        "architectures": [machine],
        "syscalls": rules,
    }


def available() -> str:
    """Empty when filters can be built here; otherwise why not."""
    if os.uname().machine not in ("x86_64", "aarch64"):
        return f"no filter has been tested for {os.uname().machine}"
    try:
        program()
    except (ImportError, OSError, RuntimeError) as error:
        return str(error)
    return ""
