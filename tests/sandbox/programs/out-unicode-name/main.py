open("/output/\u0441sv", "w").close()
open("/output/e\u0301", "w").close()
