import signal

signal.signal(signal.SIGXCPU, lambda *_: None)
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))
while True:
    pass
