import ctypes

from calls import call

attributes = (ctypes.c_uint32 * 32)(1, 128)
call("perf_event_open", ctypes.addressof(attributes), 0, -1, -1, 0)
print("ESCAPED")
