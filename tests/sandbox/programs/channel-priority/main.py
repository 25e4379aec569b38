import os

from probe import done, expect

os.setpriority(os.PRIO_USER, 0, 15)
expect("own priority", os.getpriority(os.PRIO_PROCESS, 0) == 15)
done()
