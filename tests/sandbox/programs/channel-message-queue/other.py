import ctypes
import errno

from calls import call
from probe import done, ready, refused, until_the_other_has_ended

name = ctypes.create_string_buffer(b"meeting")
refused("making a queue", lambda: call("mq_open", ctypes.addressof(name), 0o102, 0o666, 0), errno.EPERM)
ready()
until_the_other_has_ended()
done()
