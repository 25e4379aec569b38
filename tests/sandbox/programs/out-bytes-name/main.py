open(b"/output/\xff\xfe", "w").close()
