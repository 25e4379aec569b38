import ctypes

from calls import call

place, wanted = ctypes.create_string_buffer(b"/input"), (ctypes.c_uint64 * 4)(0, 1, 0, 0)
call("mount_setattr", -100, ctypes.addressof(place), 0, ctypes.addressof(wanted), 32)
print("ESCAPED")
