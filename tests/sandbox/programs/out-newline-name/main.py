open("/output/a\nb", "w").close()
