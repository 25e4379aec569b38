for number in range(100):
    open(f"/output/{number}", "w").close()
