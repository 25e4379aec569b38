import ctypes
import errno

from calls import call
from probe import done, refused

name = ctypes.create_string_buffer(b"meeting")
refused("opening the other's", lambda: call("mq_open", ctypes.addressof(name), 0, 0, 0), errno.EPERM)
done()
