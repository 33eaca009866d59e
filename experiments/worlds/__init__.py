"""Plausible worlds: what the values of the model may be, where nobody has measured them."""
