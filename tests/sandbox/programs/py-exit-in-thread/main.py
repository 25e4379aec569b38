import os
import threading
import time

threading.Timer(0.05, os._exit, (7,)).start()
time.sleep(10)
