import os
import time

from calls import call

if os.fork() == 0:
    call("prctl", 1, 0, 0, 0, 0)  # PR_SET_PDEATHSIG: none
    os.setsid()
    for number in range(3):
        os.close(number)
    time.sleep(60)
print("DONE 1")
