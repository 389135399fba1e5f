"""The bytes of a file at any offset, plain or gzipped, and what identifies a log file by them."""

import hashlib
import os
import zlib
from gzip import GzipFile
from pathlib import Path
from typing import NamedTuple, Protocol

from driftwatch.sources.lines import BytesAt

_BLOCK_BYTES = 64 << 10
_FIRST_LINE_BYTES = 1 << 20  # of a longer first line, this much identifies the file


class FileKey(NamedTuple):
    """What the file system knows a file by while it exists. Used again after a deletion."""

    device: int
    inode: int


class Content(Protocol):
    """An open file."""

    key: FileKey

    def at(self, offset: int, count: int) -> bytes:
        """These bytes; fewer where the file ends. Raises OSError where it can't be read."""
        ...

    def size(self) -> int | None:
        """How many bytes there are; None where that takes reading them all."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


class PlainContent:
    """A plain file; each read is one system call."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.key = _key(self._descriptor)

    def at(self, offset: int, count: int) -> bytes:
        """See `Content.at`."""
        return os.pread(self._descriptor, count, offset)

    def size(self) -> int | None:
        """See `Content.size`."""
        return os.fstat(self._descriptor).st_size

    def close(self) -> None:
        """See `Content.close`."""
        os.close(self._descriptor)


class GzipContent:
    """A gzipped file; offsets count the unpacked bytes.

    Cheap while it is read forwards: what was read last is kept, so that a line that a block cut off
    can be read again. Going back further means unpacking from the beginning.
    """

    def __init__(self, path: Path) -> None:
        self._file = GzipFile(path, "rb")
        self.key = _key(self._file.fileno())
        self._begin = 0
        self._kept = b""

    def at(self, offset: int, count: int) -> bytes:
        """See `Content.at`. A damaged file raises OSError too."""
        if offset < self._begin:
            self._file.rewind()
            self._begin, self._kept = 0, b""
        try:
            self._skip_to(offset)
            parts, have = [self._kept], len(self._kept)
            while have < count and (part := self._file.read(count - have)):
                parts.append(part)
                have += len(part)
        except (EOFError, zlib.error) as damage:
            raise OSError(f"damaged gzip: {damage}") from damage
        self._kept = b"".join(parts)
        return self._kept[:count]

    def size(self) -> int | None:
        """See `Content.size`."""
        return None

    def close(self) -> None:
        """See `Content.close`."""
        self._file.close()

    def _skip_to(self, offset: int) -> None:
        while self._begin < offset:
            drop = min(offset - self._begin, len(self._kept))
            self._begin += drop
            self._kept = self._kept[drop:]
            if self._begin < offset:
                self._kept = self._file.read(min(_BLOCK_BYTES, offset - self._begin))
                if not self._kept:
                    self._begin = offset  # past the end, where nothing is


def open_content(path: Path) -> Content:
    """Open a file for reading; its name says whether it is gzipped. Raises OSError."""
    return GzipContent(path) if path.suffix == ".gz" else PlainContent(path)


def first_line(bytes_at: BytesAt, *, final: bool = False) -> bytes | None:
    r"""The first complete line that is not blank, without its line end, or its first MiB.

    None where no line is complete yet; once the file has ended (`final`), none need be.

    >>> content = b"\n{\"id\": 1}\n{\"id\""
    >>> first_line(lambda offset, count: content[offset : offset + count])
    b'{"id": 1}'
    """
    begin, line = 0, b""
    while len(line) < _FIRST_LINE_BYTES:
        block = bytes_at(begin + len(line), _BLOCK_BYTES)
        at_end = len(block) < _BLOCK_BYTES
        if not line:
            begin += len(block) - len(block.lstrip())
            block = block.lstrip()
        end = block.find(b"\n")
        line += block if end < 0 else block[:end]
        if end >= 0:
            return line.removesuffix(b"\r")
        if at_end:
            return line if final and line else None
    return line[:_FIRST_LINE_BYTES]


def identity(line: bytes, tie_break: int | None = None) -> int:
    """A number below 2**63 for the file that begins with this line.

    Args:
        line: see `first_line`.
        tie_break: tells files apart that begin alike.
    """
    salt = b"" if tie_break is None else tie_break.to_bytes(16, "big")
    digest = hashlib.blake2b(line, digest_size=8, salt=salt).digest()
    return int.from_bytes(digest, "big") >> 1


def begins_alike(one: BytesAt, other: BytesAt) -> bool:
    """Whether the shorter of two files is the beginning of the longer, as far as 64 KiB tell."""
    left, right = one(0, _BLOCK_BYTES), other(0, _BLOCK_BYTES)
    common = min(len(left), len(right))
    return left[:common] == right[:common]


def _key(descriptor: int) -> FileKey:
    status = os.fstat(descriptor)
    return FileKey(status.st_dev, status.st_ino)
