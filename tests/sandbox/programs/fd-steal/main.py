from calls import call

call("pidfd_getfd", 0, 1, 0)
print("ESCAPED")
