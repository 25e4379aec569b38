import ctypes

from calls import call

image, options = ctypes.create_string_buffer(b"\x7fELF" + bytes(200)), ctypes.create_string_buffer(b"")
call("init_module", ctypes.addressof(image), 204, ctypes.addressof(options))
print("ESCAPED")
