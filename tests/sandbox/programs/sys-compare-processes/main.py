import os

from calls import call

call("kcmp", os.getpid(), 1, 1, 0, 0)
print("ESCAPED")
