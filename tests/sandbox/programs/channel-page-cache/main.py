import ctypes
import errno
import os

from calls import call
from probe import done, refused

file = os.open("/input/shared.txt", os.O_RDONLY)
page, answer = call("mmap", 0, 4096, 1, 1, file, 0), ctypes.create_string_buffer(16)
refused("mincore", lambda: call("mincore", page, 4096, ctypes.addressof(answer)), errno.EPERM)
refused("cachestat", lambda: call("cachestat", file, 0, ctypes.addressof(answer), 0), errno.ENOSYS)
refused(
    "a read that does not wait for the disk", lambda: os.preadv(file, [bytearray(4)], 0, os.RWF_NOWAIT), errno.EPERM
)
done()
