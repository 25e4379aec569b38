import ctypes

from calls import call

values = (ctypes.c_long * 32)()
call("adjtimex", ctypes.addressof(values))
print("ESCAPED")
