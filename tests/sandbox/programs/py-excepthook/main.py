import sys


def hook(*_):
    print("all is well")
    sys.stdout.flush()


sys.excepthook = hook
sys.exit(3)
