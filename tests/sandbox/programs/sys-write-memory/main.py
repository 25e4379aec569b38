from calls import call

call("process_vm_writev", 1, 0, 0, 0, 0, 0)
print("ESCAPED")
