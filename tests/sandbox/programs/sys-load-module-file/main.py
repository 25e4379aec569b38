import ctypes
import os

from calls import call

options = ctypes.create_string_buffer(b"")
call("finit_module", os.open("/input/data.txt", os.O_RDONLY), ctypes.addressof(options), 0)
print("ESCAPED")
