import ctypes
import errno

from calls import call
from probe import done, refused

name, how = ctypes.create_string_buffer(b"/"), (ctypes.c_uint64 * 3)()
refused("openat2", lambda: call("openat2", -100, ctypes.addressof(name), ctypes.addressof(how), 24), errno.ENOSYS)
done()
