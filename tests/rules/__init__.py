"""One file a rule, worked by hand."""
