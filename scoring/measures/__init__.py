"""Measures of the metrics that are no functions of confusion counts or of sums of terms, see scoring/measure.py."""
