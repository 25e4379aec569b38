"""Fields of numbers on a grid, such as forecasts: one after another in time, or one a scene.

contract.py            what a prediction must look like
source.py              an opened file, whatever its format: a header, then one plane after another
arrays.py netcdf.py geotiff.py, opening.py    the formats
gate.py                header and coordinates against the contract
reading.py truth.py    what normalise and truth do with a file
store.py               the normalised truth
views.py               a field as a metric sees it: accumulated, upscaled, cut into tiles
scoring.py             one pass over the cells
measures.py contingency.py fractions.py ensembles.py    the metrics
"""
