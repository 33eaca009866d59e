"""`hearth ask`: from a dozen answers to a scenario, a comparison, a mix of hours and a page for who decides."""
