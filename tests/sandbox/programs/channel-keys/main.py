import ctypes

from calls import call

kind, name = ctypes.create_string_buffer(b"user"), ctypes.create_string_buffer(b"meeting")
call("request_key", ctypes.addressof(kind), ctypes.addressof(name), 0, -5)
print("ESCAPED")
