import sys

sys.setrecursionlimit(1 << 30)


def deeper():
    return [*map(lambda _: deeper(), (1,))]


deeper()
