import ctypes

from calls import call

name = ctypes.create_string_buffer(b"tmpfs")
call("fsopen", ctypes.addressof(name), 0)
print("ESCAPED")
