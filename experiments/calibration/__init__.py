"""Calibration: which values of the model does a log speak for, and how well do they forecast what came after.

window -> summaries are what a stretch of a log shows, real or simulated; parameters says what may be fitted;
simulate makes one run; posterior the settings; forecast the hold-out check; result and page what is handed on;
record the evidence over many logs, check whether intervals hold.
"""
