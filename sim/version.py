"""The version of the model: a short hash of its source, which distinguishes the results of two models."""

import hashlib
from pathlib import Path

HERE = Path(__file__).resolve().parent


def model_hash() -> str:
    """The first 16 hexadecimal digits of a SHA-256 over the names and bytes of every Python file of the model."""
    digest = hashlib.sha256()
    for path in sorted(HERE.rglob("*.py")):
        digest.update(path.relative_to(HERE.parent).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
