"""Studies: a question asked of many scenarios, values and seeds, all written in one file.

Data goes one way: `file` (what is asked) -> `design` (points) -> `sweep` (runs) -> the store -> `sensitivity`,
`regimes`, `mix` (answers) -> `figures`, `report`. What comes after the store reads nothing but the store.
"""
