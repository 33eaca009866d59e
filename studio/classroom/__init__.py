"""A class: learners who join by a code, bets that are settled together, and a world for each; `state` begins it."""
