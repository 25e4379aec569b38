import ctypes

from calls import call

path = ctypes.create_string_buffer(b"/tmp/swap")
call("swapoff", ctypes.addressof(path))
print("ESCAPED")
