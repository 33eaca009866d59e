"""The state variables of a community, one table a file (ODD, 2): what rules read and write."""
