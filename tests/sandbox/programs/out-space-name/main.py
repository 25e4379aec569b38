open("/output/a b", "w").close()
