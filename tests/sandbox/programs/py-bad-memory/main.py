import ctypes

ctypes.memset(1, 0, 64)
print("ESCAPED")
