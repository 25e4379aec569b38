import ctypes
import time

libc = ctypes.PyDLL(None)
if libc.syscall(58) == 0:  # vfork: the parent waits until this child ends
    time.sleep(60)
