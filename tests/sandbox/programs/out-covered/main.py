import ctypes

from calls import call

source, place = ctypes.create_string_buffer(b"/input"), ctypes.create_string_buffer(b"/output")
call("mount", ctypes.addressof(source), ctypes.addressof(place), 0, 4096, 0)
print("ESCAPED")
