import importlib
import sys

with open("/tmp/json.py", "w") as file:
    file.write("raise SystemExit(9)")
sys.path.insert(0, "/tmp")
sys.modules.pop("json", None)
importlib.import_module("json")
