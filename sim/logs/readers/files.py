"""The files behind a path: a file (plain or gzipped), the files of a folder, or those of a zip."""

from __future__ import annotations

import gzip
import itertools
import json
import lzma
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sim.logs.log import LogError

GZIP, ZIP, SEVEN = b"\x1f\x8b", b"PK\x03\x04", b"7z\xbc\xaf\x27\x1c"
HEAD = 65_536  # bytes that tell the kind
LARGEST_FILE = 1_000_000_000  # bytes, unpacked: some 30 million rows of a CSV
MOST_FILES = 2_000_000  # of a folder or zip
LARGEST_RATIO = 200  # bytes unpacked to one packed, of what is larger than PLAUSIBLE; texts have 3 to 40
PIECE = 1 << 20  # bytes read at a time
PLAUSIBLE = 100_000_000  # bytes, unpacked, that are read at whatever ratio


def too_large(where: object) -> LogError:
    """What is said of a file that would fill the memory."""
    return LogError(f"{where}: is too large; at most {LARGEST_FILE:,} bytes, unpacked")


def formed(data: Any, form: TypeAdapter, where: str) -> Any:
    """What was read from JSON, in a form; error messages name the place and never quote the content.

    Raises
    ------
    LogError : if it is of another form
    """
    try:
        return form.validate_python(data)
    except ValidationError as errors:
        error = errors.errors(include_url=False, include_input=False)[0]
        places: list[str] = []
        for part in error["loc"]:  # mentions, 1, id: mention 2, id
            places.append(part if isinstance(part, str) else f"{places.pop()[:-1] if places else 'item'} {part + 1}")
        missing = f"has no {places.pop()}" if error["type"] == "missing" else ""
        why = missing or error["msg"].replace("Input should be", "must be")
        raise LogError(": ".join([where, *places, why])) from None


class Files:
    """The files that a path names, by their names from its root; to be used in a `with` statement.

    Raises
    ------
    LogError : if there are none, they are too large or too many, or one cannot be read
    """

    def __init__(self, path: Path):
        self.path, self.root = path, path
        self.zip: zipfile.ZipFile | None = None
        try:
            self.single, there = path.is_file(), path.exists()
        except OSError as error:  # such as a name that is too long
            raise LogError(f"{path}: cannot be read ({error.strerror})") from None
        if self.single:
            self.root, self.names = path.parent, [path.name]
            if self.head(path.name).startswith(ZIP):
                self._open_zip()
        elif path.is_dir():
            inside = (file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
            self.names = sorted(itertools.islice(inside, MOST_FILES + 1))
            if len(self.names) > MOST_FILES:
                raise LogError(f"{path}: holds more than {MOST_FILES:,} files; name the folder of the export alone")
        else:
            raise LogError(f"{path}: is not a file or a folder" if there else f"{path}: no such file")

    def _open_zip(self) -> None:
        try:
            self.zip = packed = zipfile.ZipFile(self.path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            raise LogError(f"{self.path}: is a broken zip file") from None
        self.single, self.root = False, self.path
        self.names = sorted(name for name in packed.namelist() if not name.endswith("/"))
        unpacked = sum(item.file_size for item in packed.infolist())
        if unpacked > min(LARGEST_FILE, max(PLAUSIBLE, LARGEST_RATIO * self.path.stat().st_size)):
            packed.close()
            raise too_large(self.path)

    def __enter__(self) -> Files:
        return self

    def __exit__(self, *_: object) -> None:
        if self.zip is not None:
            self.zip.close()

    def where(self, name: str) -> str:
        """The name of a file in error messages."""
        return str(self.root / name) if self.single else f"{self.path}: {name}"

    def ending(self, *endings: str) -> list[str]:
        """The names with one of these endings; a single file's, whatever it is."""
        return [name for name in self.names if self.single or name.endswith(endings)]

    def called(self, *names: str) -> dict[str, str]:
        """The files of these names (in small letters), in whatever folder; of a single file also those beside it."""
        here = [file.name for file in self.root.iterdir() if file.is_file()] if self.single else self.names
        known = {PurePosixPath(name).name.lower(): name for name in here}
        return {name: known[name] for name in names if name in known}

    def head(self, name: str) -> bytes:
        """The first bytes of a file, unpacked if it is gzipped."""
        return self._read(name, HEAD)

    def read(self, name: str) -> bytes:
        """A file's bytes, unpacked if it is gzipped."""
        if self.zip is None and (self.root / name).stat().st_size > LARGEST_FILE:
            raise too_large(self.where(name))
        data = self._read(name, LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            raise too_large(self.where(name))
        return data

    def json(self, name: str, form: TypeAdapter) -> Any:
        """A JSON file of a form; error messages never quote the content."""
        where = self.where(name)
        try:
            return formed(json.loads(self.read(name).decode("utf-8-sig")), form, where)
        except UnicodeDecodeError:
            raise LogError(f"{where}: is not text in UTF-8") from None
        except json.JSONDecodeError as error:
            raise LogError(f"{where}: row {error.lineno}: is not JSON ({error.msg})") from None
        except LogError:
            raise
        except (RecursionError, ValueError):  # the latter: a number of thousands of digits
            raise LogError(f"{where}: is JSON with lists in lists, or numbers, beyond any export") from None

    def _read(self, name: str, most: int) -> bytes:
        pieces, held = list[bytes](), 0  # a list: a buffer that grows takes up to twice what it holds
        try:
            with self.zip.open(name) if self.zip else (self.root / name).open("rb") as raw:
                packed = raw.read(2) == GZIP
                raw.seek(0)
                with gzip.open(raw) if packed else raw as file:
                    while (room := most - held) and (piece := file.read(min(room, PIECE))):
                        pieces.append(piece)
                        held += len(piece)
                        if packed and held > max(PLAUSIBLE, LARGEST_RATIO * raw.tell()):
                            raise too_large(self.where(name))
            return b"".join(pieces)
        except (gzip.BadGzipFile, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError):
            what = "is broken or has a password" if self.zip else "is a broken gzip file"
            raise LogError(f"{self.where(name)}: {what}; unpack it by hand to see what is left") from None
        except OSError as error:
            raise LogError(f"{self.where(name)}: cannot be read ({error.strerror})") from None
