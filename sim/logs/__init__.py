"""Event logs: what a log is, readers of what communities export, founding a community from one, and its patterns."""
