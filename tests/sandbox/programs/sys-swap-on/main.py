import ctypes

from calls import call

path = ctypes.create_string_buffer(b"/tmp/swap")
call("swapon", ctypes.addressof(path), 0)
print("ESCAPED")
