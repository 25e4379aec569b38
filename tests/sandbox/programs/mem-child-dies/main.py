import os
import time

if os.fork() == 0:
    data = bytearray(400 << 20)
    for place in range(0, len(data), 4096):
        data[place] = 1
    time.sleep(5)
    os._exit(0)
os.wait()
time.sleep(0.1)
print("all is well")
