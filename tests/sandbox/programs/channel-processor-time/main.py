import time

from probe import done, expect

time.sleep(0.6)
expect(f"{time.process_time()} s of processor", time.process_time() < 0.4)
done()
