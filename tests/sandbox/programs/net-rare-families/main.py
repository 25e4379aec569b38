import errno
import socket

from probe import done, refused

for name, family in (
    ("Bluetooth", 31),
    ("CAN", 29),
    ("TIPC", 30),
    ("RDS", 21),
    ("SMC", 43),
    ("XDP", 44),
    ("MCTP", 45),
    ("QIPCRTR", 42),
    ("KCM", 41),
    ("NFC", 39),
    ("AX25", 3),
    ("X25", 9),
    ("key", 15),
    ("phonet", 35),
):
    refused(name, lambda: socket.socket(family, socket.SOCK_SEQPACKET), errno.EPERM)
done()
