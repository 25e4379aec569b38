import ctypes

from calls import call
from probe import ready

ready()
kind, name = ctypes.create_string_buffer(b"user"), ctypes.create_string_buffer(b"meeting")
call("add_key", ctypes.addressof(kind), ctypes.addressof(name), ctypes.addressof(name), 7, -5)
print("ESCAPED")
