"""Evidence: what the model is held against, each part run by one documented command and stored with what made it."""

import tomllib
from pathlib import Path

# The parts by name, in the order of the page: seeds a cell, title, and what the command says of itself
PARTS = tomllib.loads(Path(__file__).with_name("parts.toml").read_text(encoding="utf-8"))
