from probe import syscall

syscall(101, 0, 0, 0, 0)
print("ESCAPED")
