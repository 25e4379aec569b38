import socket

from probe import done, expect, ready, until_the_other_has_ended

left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
left.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
left.send(b"x")  # whoever asks for credentials is given a name when it sends
right.recv(10)
left.setblocking(False)
ready()
until_the_other_has_ended()
try:
    expect(f"something came: {left.recv(10)!r}", False)
except BlockingIOError:
    expect("", True)
done()
