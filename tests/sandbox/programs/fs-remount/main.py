import ctypes

from calls import call

place = ctypes.create_string_buffer(b"/input")
call("mount", 0, ctypes.addressof(place), 0, 32 | 4096, 0)  # MS_REMOUNT | MS_BIND without MS_RDONLY
print("ESCAPED")
