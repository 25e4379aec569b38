import os
from multiprocessing import shared_memory

from probe import done, expect, ready, until_the_other_has_ended

memory = shared_memory.SharedMemory("meeting", create=True, size=4096)
memory.buf[:5] = b"hello"
ready()
until_the_other_has_ended()
expect(f"/dev/shm has {os.listdir('/dev/shm')}", os.listdir("/dev/shm") == ["meeting"])
expect("the memory changed", bytes(memory.buf[:5]) == b"hello")
memory.close()
memory.unlink()
done()
