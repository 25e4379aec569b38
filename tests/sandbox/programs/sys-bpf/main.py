import ctypes

from calls import call

attributes = (ctypes.c_uint32 * 16)(2, 4, 4, 1)
call("bpf", 0, ctypes.addressof(attributes), 64)
print("ESCAPED")
