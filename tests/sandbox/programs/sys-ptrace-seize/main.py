import os
import time

from calls import call

child = os.fork()
if child == 0:
    time.sleep(5)
call("ptrace", 0x4206, child, 0, 0)
print("ESCAPED")
