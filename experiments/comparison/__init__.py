"""What a comparison has beyond a study that varies nothing: its verdict, in numbers and in words, and its report."""
