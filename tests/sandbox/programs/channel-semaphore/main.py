import ctypes
import errno

from probe import done, expect

library = ctypes.CDLL(None, use_errno=True)
library.sem_open.restype = ctypes.c_void_p
expect("the semaphore was found", library.sem_open(b"/meeting", 0) is None)
expect(f"errno {ctypes.get_errno()}", ctypes.get_errno() == errno.ENOENT)
done()
