import sys

from probe import done, killed, syscall

for word in sys.argv[3].split(","):
    name, number = word.split(":")
    killed(name, lambda: syscall(int(number), 0, 0, 0, 0, 0, 0))
done()
