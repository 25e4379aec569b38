raise ValueError("x" * 50_000)
