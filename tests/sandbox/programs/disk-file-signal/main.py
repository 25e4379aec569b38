import signal

signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
with open("/tmp/large", "wb", buffering=0) as file:
    for _ in range(64):
        file.write(bytes(1 << 18))
print("ESCAPED 16 MiB")
