"""The command line around the model, and what it does: runs, the store, comparisons, studies, figures and reports.

`sim` never imports this package. Each folder knows only those before it: `runs` (the pool, the store), `stats`,
`pages`, `study`, `comparison` (a study that varies nothing, and its verdict), `cli`. Whatever comes after the store
reads nothing but the store. In Python: `from experiments import Study, compare, sweep`.
"""

from experiments.notebook import Study, compare, sweep

__all__ = ["Study", "compare", "sweep"]
