import os
import time

from probe import done, held

for _ in range(5):
    if os.fork() == 0:
        os.setsid()
        for number in range(3):
            os.close(number)
        time.sleep(60)
    held()
done()
