import mmap

from probe import done, expect, held

spaces = []
try:
    for _ in range(200):
        spaces.append(mmap.mmap(-1, 1 << 36, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000, mmap.PROT_READ))
except (OSError, MemoryError):
    held()
expect("a page that nobody wrote has something in it", not spaces or spaces[-1][1 << 35] == 0)
done()
