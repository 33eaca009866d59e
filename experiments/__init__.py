"""The harness and command line around the model: runs, the store, comparisons, studies, figures and reports.

`sim` never imports this package. Data goes one way: scenarios and seeds -> `harness` -> `store` -> `contrast` ->
`figures` and `report`; whatever comes after the store reads nothing but the store. `study` holds questions larger than
one comparison. In a notebook: `from experiments import compare, sweep`.
"""

from experiments.notebook import compare, sweep

__all__ = ["compare", "sweep"]
