"""Statistics of paired runs: pure functions of numbers, which know nothing of scenarios, stores and pages."""
