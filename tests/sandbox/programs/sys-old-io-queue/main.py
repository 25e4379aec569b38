import ctypes
import errno

from calls import call
from probe import done, refused

context = ctypes.c_long()
refused("io_setup", lambda: call("io_setup", 8, ctypes.addressof(context)), errno.EPERM)
done()
