import array
import errno
import os
import socket

from probe import done, expect, refused

left, right = socket.socketpair()
left.setblocking(False)
file, sent = os.open("/dev/null", os.O_RDONLY), []


def send():
    for _ in range(5000):
        left.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file] * 100))])
        sent.append(100)


refused("500000 descriptors in flight", send, errno.ETOOMANYREFS, errno.EAGAIN)
expect(f"{sum(sent)} descriptors in flight", sum(sent) <= 512 + 100 or sum(sent) <= 30_000)
done()
