import threading
import time

from probe import done, expect

started = 0
try:
    for _ in range(200):
        threading.Thread(target=time.sleep, args=(1,), daemon=True).start()
        started += 1
except RuntimeError:
    pass
expect(f"{started} threads", started < 40)
done()
