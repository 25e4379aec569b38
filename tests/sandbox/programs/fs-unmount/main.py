import ctypes

from calls import call

place = ctypes.create_string_buffer(b"/tmp")
call("umount2", ctypes.addressof(place), 2)
print("ESCAPED")
