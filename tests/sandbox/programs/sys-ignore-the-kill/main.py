import ctypes
import signal

from calls import call

signal.signal(signal.SIGSYS, lambda *_: print("ESCAPED"))
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGSYS})
call("ptrace", 0, 0, 0, 0)
print("ESCAPED", ctypes.get_errno())
