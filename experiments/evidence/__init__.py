"""Evidence: what the model is held against, each part run by one documented command and stored with what made it."""
