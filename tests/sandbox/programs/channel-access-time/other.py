import os

from probe import done, expect, ready, until_the_other_has_ended


def times():
    return [(os.stat(path).st_atime_ns, os.stat(path).st_ctime_ns) for path in ("/input/shared.txt", "/probe/calls.py")]


before = times()
ready()
until_the_other_has_ended()
expect("a time changed", times() == before)
done()
