import ctypes

from calls import call

kind = ctypes.create_string_buffer(b"tmpfs")
place = ctypes.create_string_buffer(b"/tmp")
call("mount", ctypes.addressof(kind), ctypes.addressof(place), ctypes.addressof(kind), 0, 0)
print("ESCAPED")
