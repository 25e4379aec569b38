open("/output/\u202egpj.exe", "w").close()
