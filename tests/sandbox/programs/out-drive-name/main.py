open("/output/C:\\x", "w").close()
