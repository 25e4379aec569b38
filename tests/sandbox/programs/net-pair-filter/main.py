import ctypes
import errno
import socket
import struct

from probe import done, refused

left, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
instructions = (ctypes.c_uint64 * 1)(struct.unpack("<Q", struct.pack("<HBBI", 6, 0, 0, 0xFFFF))[0])
program = struct.pack("HxxxxxxQ", 1, ctypes.addressof(instructions))
for name, option, value in (
    ("SO_ATTACH_FILTER", 26, program),
    ("SO_ATTACH_BPF", 50, struct.pack("i", 0)),
    ("SO_ATTACH_REUSEPORT_CBPF", 51, program),
    ("SO_LOCK_FILTER", 44, struct.pack("i", 1)),
    ("SO_BINDTODEVICE", 25, b"lo"),
    ("SO_TXTIME", 61, bytes(8)),
    ("SO_ZEROCOPY", 60, struct.pack("i", 1)),
):
    refused(name, lambda: left.setsockopt(socket.SOL_SOCKET, option, value), errno.EPERM)
done()
