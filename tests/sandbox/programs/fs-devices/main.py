import errno
import os
import stat

from probe import done, expect, refused

expect(
    f"/dev has {os.listdir('/dev')}", set(os.listdir("/dev")) == {"null", "zero", "full", "random", "urandom", "shm"}
)
for name, major, minor in (("memory", 1, 1), ("disk", 254, 0), ("terminal", 5, 0), ("kvm", 10, 232), ("fuse", 10, 229)):
    device = os.makedev(major, minor)
    refused(f"{name} device can be made", lambda: os.mknod(f"/tmp/{name}", 0o600 | stat.S_IFCHR, device), errno.EPERM)
refused("no terminal", lambda: os.open("/dev/tty", os.O_RDWR), errno.ENOENT)
refused("no terminals", lambda: os.openpty(), errno.ENOENT)
done()
