open("/output/" + "n" * 200, "w").close()
