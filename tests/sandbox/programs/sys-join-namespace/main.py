from calls import call

call("setns", 0, 0)
print("ESCAPED")
