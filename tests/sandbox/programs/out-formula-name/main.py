open("/output/=cmd|calc", "w").close()
