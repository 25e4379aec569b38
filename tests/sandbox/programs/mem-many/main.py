import os
import time

for _ in range(8):
    if os.fork() == 0:
        data = bytearray(40 << 20)
        for place in range(0, len(data), 4096):
            data[place] = 1
        time.sleep(5)
        os._exit(0)
for _ in range(8):
    os.wait()
print("ESCAPED 320 MiB in eight processes")
