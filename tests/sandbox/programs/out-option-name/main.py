open("/output/--checkpoint=1", "w").close()
