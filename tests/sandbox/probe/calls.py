"""System calls by name, by their x86-64 numbers; the C library has no function for most of them."""

import ctypes
import os

_NUMBERS = """
mmap 9 mprotect 10 mincore 27 shmget 29 shmat 30 rt_sigqueueinfo 129 clone 56 semget 64 msgget 68 ptrace 101 syslog 103
setfsuid 122 capget 125 capset 126 personality 135 sched_setattr 314 mlock 149 mlockall 151 vhangup 153 modify_ldt 154
pivot_root 155 prctl 157 adjtimex 159 sync 162 acct 163 mount 165 umount2 166 swapon 167 swapoff 168 reboot 169
iopl 172 ioperm 173 init_module 175 delete_module 176 quotactl 179 io_setup 206 remap_file_pages 216 timer_create 222
mq_open 240 kexec_load 246 add_key 248 request_key 249 keyctl 250 ioprio_set 251 inotify_init 253
inotify_add_watch 254 migrate_pages 256 unshare 272 vmsplice 278 move_pages 279 inotify_init1 294 perf_event_open 298
fanotify_init 300 name_to_handle_at 303 open_by_handle_at 304 syncfs 306 setns 308 process_vm_readv 310
process_vm_writev 311 kcmp 312 finit_module 313 seccomp 317 memfd_create 319 kexec_file_load 320 bpf 321
userfaultfd 323 mlock2 325 pidfd_send_signal 424 io_uring_setup 425 io_uring_enter 426 io_uring_register 427
open_tree 428 move_mount 429 fsopen 430 pidfd_open 434 clone3 435 openat2 437 pidfd_getfd 438 process_madvise 440
mount_setattr 442 memfd_secret 447 process_mrelease 448 cachestat 451 ioctl 16 futex 202
"""
_words = _NUMBERS.split()
NUMBERS = dict(zip(_words[::2], map(int, _words[1::2]), strict=True))
_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def syscall(number, *arguments):
    """Make the call; what it returns, or OSError."""
    result = _libc.syscall(ctypes.c_long(number), *(ctypes.c_long(argument) for argument in arguments))
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def call(name, *arguments):
    return syscall(NUMBERS[name], *arguments)
