import errno

from probe import done, refused

for name in (
    "keys",
    "key-users",
    "locks",
    "loadavg",
    "stat",
    "meminfo",
    "uptime",
    "sysvipc/shm",
    "diskstats",
    "pressure/cpu",
    "buddyinfo",
):
    refused(f"/proc/{name}", lambda: open(f"/proc/{name}").close(), errno.ENOENT)
done()
