import socket

socket.sethostname("host")
print("ESCAPED")
