import os

from probe import done, expect

expect("/input", sorted(os.listdir("/input")) == ["data.txt", "shared.txt"])
done()
