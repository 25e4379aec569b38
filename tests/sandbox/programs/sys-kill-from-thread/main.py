import threading
import time

from calls import call

threading.Thread(target=call, args=("ptrace", 0, 0, 0, 0)).start()
time.sleep(1)
print("ESCAPED")
