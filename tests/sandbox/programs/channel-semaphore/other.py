import ctypes

from probe import done, expect, ready, until_the_other_has_ended

library = ctypes.CDLL(None, use_errno=True)
library.sem_open.restype = ctypes.c_void_p
semaphore = library.sem_open(b"/meeting", 0o100, 0o666, 0)
expect("no semaphore can be made", semaphore)
ready()
until_the_other_has_ended()
expect("it was posted", library.sem_trywait(ctypes.c_void_p(semaphore)) == -1)
done()
