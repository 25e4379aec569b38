from probe import syscall

syscall(0x40000000 | 521, 0, 0, 0, 0)
print("ESCAPED")
