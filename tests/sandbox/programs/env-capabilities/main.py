import ctypes

from calls import call
from probe import done, expect

header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
call("capget", ctypes.addressof(header), ctypes.addressof(data))
expect(f"capabilities {list(data)}", not any(data))
for capability in range(41):
    expect(f"capability {capability} is in the bounding set", call("prctl", 23, capability) == 0)
expect("new privileges can be gained", call("prctl", 39, 0, 0, 0, 0) == 1)
done()
