"""Dead letters in a folder: JSON Lines in files that rotate, bounded in size all together."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driftwatch.deadletters.letter import Letter, letters
from driftwatch.deadletters.port import DELIVERIES, REJECTED, Delivery
from driftwatch.deadletters.rotation import RotatingFiles
from driftwatch.records import Cause, Partition, RawBatch


@dataclass(frozen=True, slots=True)
class FolderPolicy:
    """Where letters are kept, and how much of them.

    max_bytes: of all files together. max_value_bytes: larger values are cut. causes: of what.
    """

    path: Path
    max_bytes: int = 100 << 20
    max_value_bytes: int = 900 << 10
    causes: frozenset[Cause] = REJECTED


class FolderDeadLetters:
    """Letters as lines in files.

    A value is the text that it is, under `value`, or in base64 under `value_base64` where it is no
    UTF-8. Writing waits for the disk, as a checkpoint does.
    """

    def __init__(
        self, policy: FolderPolicy, describe: Callable[[Partition], str] | None = None
    ) -> None:
        """describe: what people call a partition, as `Source.describe` says it."""
        self._policy = policy
        self._describe = describe or str
        self._files = RotatingFiles(policy.path, policy.max_bytes)
        self._deliveries = dict.fromkeys(DELIVERIES, 0)
        self._problem: str | None = None

    @property
    def causes(self) -> frozenset[Cause]:
        """See `port.DeadLetters.causes`."""
        return self._policy.causes

    def send(self, raw: RawBatch, rejected: Sequence[tuple[int, Cause]]) -> None:
        """See `port.DeadLetters.send`."""
        # As many lines at a time as go into one file: a log that can't be read at all has a lot.
        lines: list[bytes] = []
        size = cut = 0
        for letter in letters(raw, rejected, self._policy.max_value_bytes):
            line = self._line(letter)
            if lines and size + len(line) > self._files.room(size + len(line)):
                self._write(lines, cut)
                lines, size, cut = [], 0, 0
            lines.append(line)
            size += len(line)
            cut += letter.whole_bytes is not None
        if lines:
            self._write(lines, cut)

    def flush(self, timeout: float) -> bool:  # noqa: ARG002 (a disk can't be asked to hurry)
        """See `port.DeadLetters.flush`."""
        try:
            self._files.sync()
        except OSError as error:
            self._fail(error)
            return False
        return self._problem is None

    @property
    def deliveries(self) -> dict[Delivery, int]:
        """See `port.DeadLetters.deliveries`."""
        return {**self._deliveries, "removed": self._files.removed_lines}

    @property
    def problem(self) -> str | None:
        """See `port.DeadLetters.problem`."""
        return self._problem

    def close(self) -> None:
        """See `port.DeadLetters.close`."""
        self.flush(0)
        self._files.leave()

    def _write(self, lines: Sequence[bytes], cut: int) -> None:
        try:
            self._files.write(b"".join(lines))
        except OSError as error:
            self._fail(error)
            self._deliveries["dropped"] += len(lines)
            return
        self._problem = None
        self._deliveries["cut"] += cut
        self._deliveries["written"] += len(lines) - cut

    def _fail(self, error: OSError) -> None:
        self._problem = f"{self._policy.path}: {error.strerror or error}"
        self._files.leave()  # the next file may be luckier, in a folder that was made again

    def _line(self, letter: Letter) -> bytes:
        name = self._describe(letter.partition)
        found: dict[str, Any] = {
            "reason": letter.cause,
            "topic": letter.partition.topic,
            **({"path": name} if name != str(letter.partition) else {}),
            "partition": letter.partition.number,
            "offset": letter.offset,
            **_text_or_base64("value", letter.value),
        }
        if letter.key is not None:
            found |= _text_or_base64("key", letter.key)
        if letter.whole_bytes is not None:
            found["whole_bytes"] = letter.whole_bytes
        text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "backslashreplace") + b"\n"


def _text_or_base64(name: str, value: bytes | None) -> dict[str, str | None]:
    if value is None:
        return {name: None}
    try:
        return {name: value.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(value).decode("ascii")}
