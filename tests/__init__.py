"""Tests of Hearthside; `tiny.py` makes the small worlds that they use."""
