import hashlib
import threading

data = bytes(1 << 20)


def spin():
    while True:
        hashlib.sha256(data)  # without the interpreter's lock


for _ in range(4):
    threading.Thread(target=spin).start()
