import errno
import os

from probe import done, refused

for path in (
    "/sys",
    "/sys/fs/cgroup",
    "/sys/fs/cgroup/memory/release_agent",
    "/sys/kernel/uevent_helper",
    "/sys/kernel/debug",
    "/sys/class/net",
    "/sys/devices/system/cpu",
    "/sys/firmware",
    "/sys/module",
):
    refused(path, lambda: os.stat(path), errno.ENOENT)
done()
