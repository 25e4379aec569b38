import importlib.abc
import importlib.machinery
import importlib.util
import sys

from probe import done, expect


class Everything(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        return importlib.machinery.ModuleSpec(name, self)

    def exec_module(self, module):
        module.value = sys.argv[1]


sys.meta_path.insert(0, Everything())
made_up = importlib.import_module("competitions")
expect("the hook was not asked", made_up.value == sys.argv[1])
sys.meta_path.pop(0)
del sys.modules["competitions"]
for name in ("competitions", "sandbox", "scoring", "tests"):
    expect(f"the platform's {name} is in the box", importlib.util.find_spec(name) is None)
done()
