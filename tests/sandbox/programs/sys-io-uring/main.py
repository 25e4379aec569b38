import ctypes
import errno

from calls import call
from probe import done, refused

parameters = (ctypes.c_uint32 * 30)()
refused("io_uring_setup", lambda: call("io_uring_setup", 8, ctypes.addressof(parameters)), errno.ENOSYS)
refused("io_uring_enter", lambda: call("io_uring_enter", 0, 1, 0, 0, 0, 0), errno.ENOSYS)
refused("io_uring_register", lambda: call("io_uring_register", 0, 0, 0, 0), errno.ENOSYS)
done()
