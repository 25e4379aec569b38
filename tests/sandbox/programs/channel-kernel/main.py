import ctypes
import errno
import fcntl
import os

from probe import done, refused, syscall

data = os.open("/input/data.txt", os.O_RDONLY)
refused("flock", lambda: fcntl.flock(data, fcntl.LOCK_EX | fcntl.LOCK_NB), errno.EPERM)
refused("lock", lambda: fcntl.lockf(data, fcntl.LOCK_SH | fcntl.LOCK_NB), errno.EPERM)
refused("lease", lambda: fcntl.fcntl(data, 1024, fcntl.F_RDLCK), errno.EPERM)
refused("inotify", lambda: syscall(294, 0), errno.EPERM)
page = ctypes.create_string_buffer(8192)
refused("mincore", lambda: syscall(27, ctypes.addressof(page) & ~4095, 4096, ctypes.addressof(page)), errno.EPERM)
refused("cachestat", lambda: syscall(451, data, 0, 0, 0), errno.ENOSYS)
refused("message queue", lambda: syscall(240, 0, 0, 0, 0), errno.EPERM)
refused("System V semaphores", lambda: syscall(64, 1, 1, 0o1600), errno.EPERM)
done()
