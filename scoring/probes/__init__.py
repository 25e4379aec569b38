"""Submissions made from the truth, to try a contest with before anybody is let in: `probes` of the command line.

They tell whether a contest does what its organiser means: the truth itself must be best, what knows nothing must be
worse, and what is broken must be refused. They hold truth, so they are made where the truth is, in a score box.

variants.py                            the names of the probes, and what is expected of each
making.py                              all probes of a task, and how many units each split has
tables.py (best_columns.py) rasters.py (mask_writing.py) grids.py lines.py detections.py     one kind of data each
leaks.py                               does what contestants download hold the answers?
"""
