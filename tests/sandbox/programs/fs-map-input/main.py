import mmap
import os

from probe import done, escaped, expect, held

file = os.open("/input/data.txt", os.O_RDONLY)
try:
    mmap.mmap(file, 0, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
    escaped("a shared writable mapping")
except PermissionError:
    held()
private = mmap.mmap(file, 0, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
private[:5] = b"mine!"
private.flush()
expect("a private write reached the file", os.pread(file, 100, 0) == b"input\n")
done()
