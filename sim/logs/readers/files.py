"""Files as they lie on disk: plain, gzipped, a zip or a folder of files."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sim.logs.log import GZIP, LARGEST_FILE, LogError

ZIP, SEVEN = b"PK\x03\x04", b"7z\xbc\xaf\x27\x1c"
HEAD = 65_536  # bytes that tell the kind


def head(path: Path) -> bytes:
    """The first bytes of a file, unpacked if it is gzipped."""
    if not path.exists():
        raise LogError(f"{path}: no such file")
    try:
        with path.open("rb") as raw:
            start = raw.read(HEAD)
            if start[:2] == GZIP:
                raw.seek(0)
                with gzip.open(raw) as file:
                    start = file.read(HEAD)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise LogError(f"{path}: is a broken gzip file; unpack it by hand to see what is left") from None
    except OSError as error:
        raise LogError(f"{path}: cannot be read ({error.strerror})") from None
    return start


def whole(path: Path) -> bytes:
    """A file's bytes, unpacked if it is gzipped."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == GZIP
            raw.seek(0)
            with gzip.open(raw) if packed else raw as file:
                data = file.read(LARGEST_FILE + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise LogError(f"{path}: is a broken gzip file; unpack it by hand to see what is left") from None
    except OSError as error:
        raise LogError(f"{path}: cannot be read ({error.strerror})") from None
    if len(data) > LARGEST_FILE:
        raise LogError(f"{path}: is too large; at most {LARGEST_FILE:,} bytes, unpacked")
    return data


def text(data: bytes, where: str) -> str:
    """Bytes as text in UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise LogError(f"{where}: is not text in UTF-8") from None


def parsed(data: bytes, where: str) -> Any:
    """JSON."""
    try:
        return json.loads(text(data, where))
    except json.JSONDecodeError as error:
        raise LogError(f"{where}: row {error.lineno}: is not JSON ({error.msg})") from None


def table(data: bytes, where: str, wanted: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of a CSV with these columns, each with its place for messages."""
    rows = csv.reader(io.StringIO(text(data, where), newline=""), strict=True)
    header: list[str] = []
    csv.field_size_limit(1 << 30)  # posts can be long
    try:
        for cells in rows:
            if not header:
                header = [cell.strip().lower() for cell in cells]
                if missing := [name for name in wanted if name not in header]:
                    raise LogError(f"{where}: row 1: no column `{'`, `'.join(missing)}`")
                continue
            if not cells:
                continue
            place = f"{where}: row {rows.line_num}"
            if len(cells) != len(header):
                raise LogError(f"{place}: has {len(cells)} fields; the header names {len(header)}")
            yield place, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise LogError(f"{where}: row {rows.line_num}: is not a CSV ({error})") from None


class Bundle:
    """The files of a zip or of a folder, by their names from its root."""

    def __init__(self, path: Path):
        self.path = path
        self.zip: zipfile.ZipFile | None = None
        if path.is_dir():
            self.names = sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file())
            return
        try:
            self.zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError):
            raise LogError(f"{path}: is a broken zip file") from None
        self.names = sorted(name for name in self.zip.namelist() if not name.endswith("/"))
        if sum(item.file_size for item in self.zip.infolist()) > LARGEST_FILE:
            raise LogError(f"{path}: is too large; at most {LARGEST_FILE:,} bytes, unpacked")

    def where(self, name: str) -> str:
        """How messages call a file."""
        return f"{self.path}: {name}"

    def read(self, name: str) -> bytes:
        """A file's bytes."""
        if self.zip is None:
            return whole(self.path / name)
        try:
            return self.zip.read(name)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error, OSError):
            raise LogError(f"{self.where(name)}: is broken or has a password") from None

    def close(self) -> None:
        """Let go of the zip."""
        if self.zip is not None:
            self.zip.close()
