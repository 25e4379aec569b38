import os
import sys

from probe import done, expect

expect("something planted was run", not hasattr(sys, "planted"))
expect(f"the home has {os.listdir(os.path.expanduser('~'))}", os.listdir(os.path.expanduser("~")) == [])
expect(f"modules {[name for name in sys.modules if 'customize' in name]}", "usercustomize" not in sys.modules)
done()
