class Bomb:
    def __reduce__(self):
        return (print, ("ESCAPED",))


import pickle  # noqa: E402

for name in ("model.pkl", "model.npy"):
    with open(f"/output/{name}", "wb") as file:
        pickle.dump(Bomb(), file)
print("DONE 1")
