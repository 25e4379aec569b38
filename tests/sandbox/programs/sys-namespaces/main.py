import errno
import os

from probe import done, refused, syscall

for name, flag in (
    ("user", 0x10000000),
    ("mount", 0x20000),
    ("pid", 0x20000000),
    ("net", 0x40000000),
    ("ipc", 0x8000000),
    ("uts", 0x4000000),
    ("cgroup", 0x2000000),
    ("time", 0x80),
):
    refused(f"unshare {name}", lambda: syscall(272, flag), errno.EPERM)
    if name != "time":
        refused(f"clone {name}", lambda: syscall(56, flag | 17, 0, 0, 0, 0), errno.EPERM)
        refused(f"clone {name} with high bits", lambda: syscall(56, flag | 17 | 1 << 40, 0, 0, 0, 0), errno.EPERM)
refused("setuid", lambda: os.setuid(0), errno.EPERM)
refused("setgid", lambda: os.setgid(0), errno.EPERM)
refused("setgroups", lambda: os.setgroups([0]), errno.EPERM)
refused("capset", lambda: syscall(126, 0, 0), errno.EPERM)
refused("chown", lambda: os.chown("/tmp", 0, 0), errno.EPERM)
done()
