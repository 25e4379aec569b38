with open("/output/sparse", "wb") as file:
    file.truncate(60 << 20)
