for number in range(10):
    with open(f"/output/{number}", "wb") as file:
        file.truncate(1 << 20)
