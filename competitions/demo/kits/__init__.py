"""Scripts of the starter kits. Each becomes its contest's `baseline.py` and stands alone, importing nothing of ours."""
