"""Calibration: which values of the model does a log speak for, and what does the fitted model show of what came after.

window -> summaries are what a stretch of a log shows, real or simulated; parameters says what may be fitted;
simulate makes one run, experiments.runs.journal keeps many; posterior finds the settings, tide two more; holdout lays
the model's course beside what came; result is what is handed on; record the evidence over many logs, check whether
intervals hold.
"""
