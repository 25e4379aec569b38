import os
import time

from probe import done, expect

for _ in range(30):
    if os.fork() == 0:
        os._exit(0)
time.sleep(0.1)
expect("thirty zombies", True)
done()
