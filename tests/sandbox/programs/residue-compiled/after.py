import probe
from probe import done, expect

expect("the library of the suite was changed", probe.__doc__.startswith("For programs in the box"))
done()
