"""A comparison over many worlds: its verdict, the words for it, and its report."""
