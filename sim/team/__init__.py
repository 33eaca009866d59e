"""What staff and marketers do with their hours (ODD, 7.5)."""
