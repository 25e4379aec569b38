import subprocess
import sys
import threading

from calls import call
from probe import done, expect

seen = []
thread = threading.Thread(target=lambda: seen.append(call("prctl", 21, 0, 0, 0, 0)))
thread.start()
thread.join()
code = "from calls import call; print(call('prctl', 21, 0, 0, 0, 0), call('prctl', 39, 0, 0, 0, 0))"
said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
expect("this thread is not filtered", call("prctl", 21, 0, 0, 0, 0) == 2)
expect("another thread is not filtered", seen == [2])
expect(f"another program is not filtered: {said}", said.split() == ["2", "1"])
done()
