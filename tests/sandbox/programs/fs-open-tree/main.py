import ctypes

from calls import call

name = ctypes.create_string_buffer(b"/")
call("open_tree", -100, ctypes.addressof(name), 1 | 0x8000)
print("ESCAPED")
