import os

from probe import done, expect, ready, until_the_other_has_ended

before = os.getpriority(os.PRIO_PROCESS, 0)
ready()
until_the_other_has_ended()
expect("the priority changed", os.getpriority(os.PRIO_PROCESS, 0) == before)
done()
