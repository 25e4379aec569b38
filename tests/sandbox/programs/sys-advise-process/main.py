from calls import call

call("process_madvise", 0, 0, 0, 21, 0)
print("ESCAPED")
