import os
import time

file = os.open("/output/result", os.O_CREAT | os.O_WRONLY)
os.write(file, b"plain")
if os.fork() == 0:
    os.setsid()
    while True:
        os.ftruncate(file, 5)
        os.pwrite(file, b"x" * 4096, 5)
time.sleep(0.1)
print("DONE 1")
