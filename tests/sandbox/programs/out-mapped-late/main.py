import mmap
import os
import time

with open("/output/result", "wb+") as file:
    file.write(b"plain" * 100)
    file.flush()
    page = mmap.mmap(file.fileno(), 0)
if os.fork() == 0:
    os.setsid()
    for number in range(3):
        os.close(number)
    end = time.time() + 20
    while time.time() < end:
        page[:5] = os.urandom(5)
time.sleep(0.1)
print("DONE 1")
