from calls import call

call("kexec_file_load", 0, 0, 0, 0, 0)
print("ESCAPED")
