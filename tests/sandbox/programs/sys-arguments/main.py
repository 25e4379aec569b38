import errno

from probe import done, refused, syscall

high = 1 << 32
for name, request in (
    ("TIOCSTI", 0x5412),
    ("TIOCSCTTY", 0x540E),
    ("TIOCLINUX", 0x541C),
    ("FICLONE", 0x40049409),
    ("SIOCGIFCONF", 0x8912),
):
    refused(f"ioctl {name}", lambda: syscall(16, 0, request, 0), errno.EPERM)
    refused(f"ioctl {name} with high bits", lambda: syscall(16, 0, request | high, 0), errno.EPERM)
for name, option in (
    ("PR_SET_SECCOMP", 22),
    ("PR_SET_MM", 35),
    ("PR_CAP_AMBIENT_RAISE", 47 | 1 << 8),
    ("PR_SET_CHILD_SUBREAPER", 36),
):
    refused(f"prctl {name}", lambda: syscall(157, option, 2, 0, 0, 0), errno.EPERM)
for name, command in (
    ("F_SETLK", 6),
    ("F_SETLKW", 7),
    ("F_OFD_SETLK", 37),
    ("F_SETLEASE", 1024),
    ("F_NOTIFY", 1026),
    ("F_SETOWN", 8),
):
    refused(f"fcntl {name}", lambda: syscall(72, 0, command, 0), errno.EPERM)
refused("personality", lambda: syscall(135, 0x0040000), errno.EPERM)
refused("prlimit of another", lambda: syscall(302, 1, 7, 0, 0), errno.EPERM)
refused("own filter", lambda: syscall(317, 1, 0, 0), errno.EPERM)
done()
