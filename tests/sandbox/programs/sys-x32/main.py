from probe import syscall

syscall(0x40000000 | 39)
print("ESCAPED")
