import errno

from probe import done, refused

refused("/proc/sysrq-trigger", lambda: open("/proc/sysrq-trigger", "w").close(), errno.ENOENT)
refused("/proc/sys/kernel/sysrq", lambda: open("/proc/sys/kernel/sysrq").close(), errno.ENOENT)
done()
