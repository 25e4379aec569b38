open("/output/...", "w").close()
