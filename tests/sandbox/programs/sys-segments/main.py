import ctypes

from calls import call

entry = (ctypes.c_uint32 * 4)()
call("modify_ldt", 1, ctypes.addressof(entry), 16)
print("ESCAPED")
