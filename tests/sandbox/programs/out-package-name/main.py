with open("/output/__init__.py", "w") as file:
    file.write("raise SystemExit('ESCAPED')\n")
print("DONE 1")
