import time

kept = []
while True:
    kept.append(b"x" * (2 << 20))
    time.sleep(0.005)
    if len(kept) > 200:
        print("ESCAPED 400 MiB")
        break
