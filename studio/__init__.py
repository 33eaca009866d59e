"""The studio: two communities side by side in a browser, live. It shows the model of `sim` and has none of its own."""
