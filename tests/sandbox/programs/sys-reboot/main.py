from calls import call

call("reboot", 0xFEE1DEAD, 672274793, 0, 0)  # Ctrl-Alt-Del off: the mildest command
print("ESCAPED")
