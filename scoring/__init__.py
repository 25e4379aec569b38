"""Truth + prediction -> scores. A library and a program; it knows no web site, no users and no network.

python -m scoring JOB.json                     score a prediction of your own on your own machine
python -m scoring check CONTRACT.json FILE     would this file be accepted?

normalise   one hostile file -> plain cells      formats/archives, rasters, tables behind the gate of pairing
score       plain cells + truth -> statistics    counting, aggregate, metrics
truth       the organiser's files -> plain cells once, when a scoring version is published
"""

SCORING_VERSION = "1"
