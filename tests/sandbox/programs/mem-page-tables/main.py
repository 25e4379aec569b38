import mmap

from probe import done, escaped, held

step, touched, maps = 2 << 20, 0, []
try:
    for _ in range(64):
        space = mmap.mmap(-1, 1 << 30, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        space.madvise(mmap.MADV_NOHUGEPAGE)
        maps.append(space)
        for place in range(0, len(space), step):
            space[place] = 1
            touched += 1
except (OSError, MemoryError):
    held()
if touched * 8192 > 160 << 20:
    escaped(f"{touched} pages with a table each")
done()
