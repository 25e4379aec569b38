import ctypes
import os

from calls import call

os.mkdir("/tmp/proc")
kind, place = ctypes.create_string_buffer(b"proc"), ctypes.create_string_buffer(b"/tmp/proc")
call("mount", ctypes.addressof(kind), ctypes.addressof(place), ctypes.addressof(kind), 0, 0)
print("ESCAPED")
