import ctypes

from calls import call

source, target = ctypes.create_string_buffer(b"/input"), ctypes.create_string_buffer(b"/tmp")
call("move_mount", -100, ctypes.addressof(source), -100, ctypes.addressof(target), 0)
print("ESCAPED")
