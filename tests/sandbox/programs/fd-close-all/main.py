import os
import time

print("DONE 1", flush=True)
os.closerange(0, 256)
time.sleep(0.3)
os._exit(0)
