import ctypes
import errno

from calls import call
from probe import done, refused

arguments = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17)
refused("clone3 with a user namespace", lambda: call("clone3", ctypes.addressof(arguments), 88), errno.ENOSYS)
refused("clone3 into a control group", lambda: call("clone3", 0, 88), errno.ENOSYS)
done()
