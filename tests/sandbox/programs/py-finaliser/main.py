class Undying:
    def __del__(self):
        while True:
            pass


kept = Undying()
