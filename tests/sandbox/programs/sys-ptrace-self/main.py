from calls import call

call("ptrace", 0, 0, 0, 0)
print("ESCAPED")
