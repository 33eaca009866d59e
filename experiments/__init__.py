"""The harness and command line around the model: runs, the store, comparisons, figures and reports.

`sim` never imports this package. Data goes one way: scenarios and seeds -> `harness` -> `store` -> `compare` ->
`figures` and `report`; whatever comes after the store reads nothing but the store.
"""
