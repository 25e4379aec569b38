import ctypes
import errno
import os

from calls import call
from probe import done, escaped, expect, ready, refused, until_the_other_has_ended

name, watch = ctypes.create_string_buffer(b"/input/shared.txt"), -1
try:
    watch = call("inotify_init1", os.O_NONBLOCK)
    call("inotify_add_watch", watch, ctypes.addressof(name), 0xFFF)
    escaped("a watch")
except OSError as error:
    expect(f"refused with {error}", error.errno == errno.EPERM)
refused("the older call", lambda: call("inotify_init"), errno.EPERM)
ready()
until_the_other_has_ended()
if watch >= 0:
    escaped(f"the other box was noticed: {os.read(watch, 4096)!r}")
done()
