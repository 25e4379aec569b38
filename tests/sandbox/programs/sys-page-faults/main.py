from calls import call

call("userfaultfd", 0)
print("ESCAPED")
