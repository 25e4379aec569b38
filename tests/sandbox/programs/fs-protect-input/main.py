import ctypes
import errno
import os

from calls import call
from probe import done, expect, refused

file = os.open("/input/data.txt", os.O_RDONLY)
page = call("mmap", 0, 4096, 1, 1, file, 0)
refused("mprotect to writable", lambda: call("mprotect", page, 4096, 3), errno.EACCES)
child = os.fork()
if child == 0:
    ctypes.memset(page, 0, 5)
    os._exit(0)
expect("the page was written", os.WTERMSIG(os.waitpid(child, 0)[1]) == 11)
expect("the file changed", os.pread(file, 100, 0) == b"input\n")
done()
