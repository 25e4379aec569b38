import ctypes

from calls import call

name = ctypes.create_string_buffer(b"loop")
call("delete_module", ctypes.addressof(name), 0x800)
print("ESCAPED")
