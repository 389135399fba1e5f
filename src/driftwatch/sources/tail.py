"""One log file as it is read: a partition, wherever the file is moved to."""

from itertools import islice

from driftwatch.errors import SourceError
from driftwatch.records import Partition, Progress, RawBatch
from driftwatch.sources.content import Content, FileKey, open_content
from driftwatch.sources.folder import Entry
from driftwatch.sources.lines import LineLimits, LineReader
from driftwatch.sources.port import Start
from driftwatch.sources.search import PeekTime, first_line_at, last_line_end, lines_from

_HEAD_BYTES = 256


class Tail:
    """The lines of one file, from a position on.

    position: None until it was sought.
    size: as last seen; None for a gzipped file that was not read to its end.
    grown_at: when it was last seen to have grown, by the clock of the caller.
    listed: it still lies in its folder.
    ended: nothing more is expected of it.
    """

    def __init__(self, partition: Partition, entry: Entry, head: bytes, limits: LineLimits) -> None:
        self.partition = partition
        self.entry = entry
        self.position: int | None = None
        self.size: int | None = None if entry.is_gzipped else entry.size
        self.grown_at = 0.0
        self.listed = True
        self.ended = False
        self._head = head[:_HEAD_BYTES]
        self._limits = limits
        self._content: Content | None = None
        self._reader: LineReader | None = None
        self._caught_up = False

    @property
    def key(self) -> FileKey:
        """What the file system knows its file by."""
        return self.entry.key

    @property
    def is_open(self) -> bool:
        """Whether it holds its file open."""
        return self._content is not None

    @property
    def is_at_end(self) -> bool:
        """Nothing that was written is left to be read."""
        return self.position is not None and self.position == self.size

    @property
    def is_beyond_end(self) -> bool:
        """It was read further than it is long: it has been cut, or is another file."""
        return self.size is not None and (self.position or 0) > self.size

    @property
    def progress(self) -> Progress:
        """See `records.Progress`."""
        if self.position is None:
            return Progress(0, self.size, None, caught_up=False)
        lag = 0 if self.is_at_end else None
        caught_up = self._caught_up and self.listed_or_open
        return Progress(self.position, self.size, lag, caught_up, self.ended)

    @property
    def listed_or_open(self) -> bool:
        """Whether what is written to the file can still be read."""
        return self.listed or self.is_open

    def see(self, entry: Entry, now: float) -> None:
        """Take note of where the file is and how long it is."""
        grown = entry.size != self.entry.size
        self.entry = entry
        self.listed = True
        self._note_size(entry.size, now, grown=grown)

    def see_deleted(self, now: float) -> None:
        """Take note that the file is no longer in its folder; while it is open it may grow."""
        self.listed = False
        if self._content is not None:
            size = self._content.size() or 0
            self._note_size(size, now, grown=size != self.size)

    def is_intact(self) -> bool:
        """Whether the file still is what was read of it. Raises OSError."""
        if self.is_beyond_end:
            return False
        return self.content().at(0, len(self._head)) == self._head

    def move(self, entry: Entry) -> None:
        """Go on in another file that holds the same lines."""
        self.close()
        self.entry = entry
        self.listed = True
        self.size = None if entry.is_gzipped else entry.size
        self.ended = self.ended and self.is_at_end

    def content(self) -> Content:
        """The file, opened if it was not. Raises OSError."""
        if self._content is None:
            content = open_content(self.entry.path)
            if content.key != self.key:
                content.close()
                raise FileNotFoundError(f"{self.entry.path} has been moved")
            self._content = content
            self._reader = LineReader(content.at, self._limits)
        return self._content

    def seek(self, position: int) -> None:
        """Begin at this offset; a file taken for ended is looked at again."""
        self.position = position
        self.ended = not self.listed_or_open
        self._caught_up = False

    def read(self, *, final: bool) -> RawBatch | None:
        """The next lines; None where no line is complete. Raises OSError.

        The batch is empty and ends where it began while the end of an overlong line is looked for.

        Args:
            final: the file has ended, so what has no line end counts too.
        """
        position = self.position
        self.content()
        if position is None or self._reader is None:
            return None
        lines = self._reader.read(position, final=final)
        self._caught_up = lines is None
        if lines is None:
            if final and self.size is None:
                self.size = position
            return None
        self.position = lines.next_offset
        if self.size is not None:
            self.size = max(self.size, lines.next_offset)
        return RawBatch(self.partition, lines.values, lines.offsets, lines.next_offset)

    def start(self, start: Start, peek_time: PeekTime | None) -> int:
        """See `port.Source.starts`. Raises SourceError."""
        if not self.listed_or_open:
            return self.size or 0
        if start == "earliest" or (isinstance(start, int) and peek_time is None):
            return 0
        try:
            content = self.content()
            if isinstance(start, int) and peek_time is not None:
                return first_line_at(content.at, content.size(), start, peek_time)
            return last_line_end(content.at, content.size())
        except OSError as error:
            raise SourceError(f"{self.entry.path} can't be read: {error}") from error

    def next_lines(self, count: int) -> list[bytes]:
        """The next few lines without moving on. Raises OSError."""
        found = lines_from(self.content().at, self.position or 0)
        return [line for _, line in islice(found, count)]

    def end(self) -> None:
        """Expect nothing more."""
        self.ended = True
        self.close()

    def close(self) -> None:
        """Let go of the file; it is opened again when it is read."""
        if self._content is not None:
            self._content.close()
        self._content = self._reader = None

    def _note_size(self, size: int, now: float, *, grown: bool) -> None:
        if grown:
            self.grown_at = now
        if self.size is not None:
            self.size = size
        if self.ended and size > (self.position or 0):
            self.ended = False
