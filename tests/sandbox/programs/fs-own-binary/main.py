import os
import struct

code = bytes.fromhex("b865000000 31ff 31f6 31d2 0f05 31ff b83c000000 0f05".replace(" ", ""))  # ptrace; exit(0)
header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0)
segment = struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 120 + len(code), 120 + len(code), 4096)
with open("/tmp/own", "wb") as file:
    file.write(header + segment + code)
os.chmod("/tmp/own", 0o755)
os.execve("/tmp/own", ["own"], {})
