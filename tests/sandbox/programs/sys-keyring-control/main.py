from calls import call

call("keyctl", 0, -4, 1)
print("ESCAPED")
