import ctypes
import errno

from calls import call
from probe import done, refused

name = ctypes.create_string_buffer(b"x")
for flags in (0, 1, 2, 8, 16):
    refused(f"memfd_create {flags}", lambda: call("memfd_create", ctypes.addressof(name), flags), errno.ENOSYS)
refused("memfd_secret", lambda: call("memfd_secret", 0), errno.ENOSYS)
done()
