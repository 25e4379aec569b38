"""Lines, outlines and points of scenes, such as coastlines."""
