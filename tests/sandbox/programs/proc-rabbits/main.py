import os
import time

if os.fork() == 0:
    os.setsid()
    for number in range(3):
        os.close(number)
    while True:
        try:
            if os.fork() > 0:
                os._exit(0)  # the child goes on under a new number
        except OSError:
            pass
time.sleep(0.1)
print("DONE 1")
