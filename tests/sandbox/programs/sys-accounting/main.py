from calls import call

call("acct", 0)
print("ESCAPED")
