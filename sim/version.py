"""The version of the model: a short hash of its source and its values, which tells the results of two models apart."""

import hashlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
BASELINE = HERE.parent / "scenarios" / "baseline.toml"


def source_hash() -> str:
    """The first 16 hexadecimal digits of a SHA-256 over the names and bytes of every Python file of the model."""
    return _hash(sorted(HERE.rglob("*.py")))


def model_hash() -> str:
    """As `source_hash`, and of the file in which every value of the model stands."""
    return _hash([*sorted(HERE.rglob("*.py")), BASELINE])


def _hash(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.relative_to(HERE.parent).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
