import ctypes

from calls import call

text = ctypes.create_string_buffer(4096)
call("syslog", 3, ctypes.addressof(text), 4096)
print("ESCAPED")
