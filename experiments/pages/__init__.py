"""What people look at: words, tables on the terminal, figures and HTML pages."""
