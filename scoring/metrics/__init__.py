"""Metrics: functions of summed statistics, in plain Python numbers."""
