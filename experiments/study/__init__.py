"""Studies: a question asked of many scenarios, values and seeds, as a file that says all of it.

Data goes one way: `file` (what is asked) -> `design` (points) -> `sweep` (runs) -> the store -> `sensitivity`,
`regimes`, `mix` (answers) -> `figures`, `report`. What comes after the store reads nothing but the store.
"""
