import ctypes

from calls import call

kind, name = ctypes.create_string_buffer(b"user"), ctypes.create_string_buffer(b"note")
call("add_key", ctypes.addressof(kind), ctypes.addressof(name), ctypes.addressof(name), 4, -4)  # the user's keyring
print("ESCAPED")
