from calls import call

call("vhangup")
print("ESCAPED")
