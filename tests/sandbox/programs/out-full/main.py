with open("/output/result", "wb") as file:
    while True:
        file.write(bytes(1 << 16))
