import errno

from calls import call
from probe import done, expect, refused

for name, value in (
    ("ADDR_NO_RANDOMIZE", 0x0040000),
    ("READ_IMPLIES_EXEC", 0x0400000),
    ("PER_LINUX32", 8),
    ("MMAP_PAGE_ZERO", 0x0100000),
):
    refused(name, lambda: call("personality", value), errno.EPERM)
    refused(f"{name} with high bits", lambda: call("personality", value | 1 << 33), errno.EPERM)
expect("the personality is not the ordinary", call("personality", 0xFFFFFFFF) == 0)
done()
