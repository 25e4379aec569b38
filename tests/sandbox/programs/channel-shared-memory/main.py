import os
from multiprocessing import shared_memory

from probe import done, escaped, expect, held

expect(f"/dev/shm has {os.listdir('/dev/shm')}", os.listdir("/dev/shm") == [])
try:
    shared_memory.SharedMemory("meeting")
    escaped("the other's memory")
except FileNotFoundError:
    held()
done()
