import errno
import os

from probe import done, refused, syscall

for folder in ("/", "/dev", "/usr", "/venv", "/etc", "/code"):
    refused(f"{folder} can be written", lambda: open(folder + "/fill", "wb"), errno.EROFS)
refused("System V memory", lambda: syscall(29, 0, 1 << 20, 0o1600), errno.EPERM)
refused("System V messages", lambda: syscall(68, 0, 0o1600), errno.EPERM)
refused("anonymous file", lambda: os.memfd_create("x"), errno.ENOSYS)
refused("secret memory", lambda: syscall(447, 0), errno.ENOSYS)
done()
