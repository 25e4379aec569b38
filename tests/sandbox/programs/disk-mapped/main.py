import mmap
import os

file = os.open("/tmp/file", os.O_CREAT | os.O_RDWR)
os.ftruncate(file, 32 << 20)
data = mmap.mmap(file, 0)
for place in range(0, len(data), 4096):
    data[place] = 1
print("ESCAPED 32 MiB")
