import ctypes

from calls import call

here = ctypes.create_string_buffer(b"/tmp")
call("pivot_root", ctypes.addressof(here), ctypes.addressof(here))
print("ESCAPED")
