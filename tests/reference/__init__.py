"""The model written a second time, from its description alone, and compared with the first (see model.py)."""
