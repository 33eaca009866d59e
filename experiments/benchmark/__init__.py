"""How fast the model is: `python -m experiments.benchmark`; every cell is measured in a process of its own."""
