from calls import call

call("iopl", 3)
print("ESCAPED")
