"""Objects found in scenes: points or boxes, with a confidence, flags and numbers."""
