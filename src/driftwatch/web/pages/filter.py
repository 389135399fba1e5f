"""What of a report was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from driftwatch.monitor.report import StreamReport

STATES = ("drifting", "page", "info", "ok")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which streams and columns are shown; an empty text takes all.

    q: a part of the column's name. state: of the alarm; `drifting` is `info` or `page`.
    """

    q: str = ""
    model: str = ""
    model_version: str = ""
    segment: str = ""
    role: str = ""
    state: str = ""

    @classmethod
    def asked(cls, query: Mapping[str, str]) -> "Filter":
        """What an address asks for."""
        return cls(**{f.name: query.get(f.name, "").strip() for f in fields(cls)})

    def has_stream(self, stream: StreamReport) -> bool:
        """Whether a stream is shown."""
        wanted = (self.model, self.model_version, self.segment)
        return all(want in ("", value) for want, value in zip(wanted, stream.key, strict=True))

    def has_column(self, name: str, role: str, state: str) -> bool:
        """Whether a column of a stream that is shown is shown."""
        if self.q.casefold() not in name.casefold():
            return False
        if self.role not in ("", role):
            return False
        if self.state == "drifting":
            return state != "ok"
        return self.state in ("", state)

    @property
    def is_on(self) -> bool:
        """Whether anything is left out."""
        return any(getattr(self, f.name) for f in fields(self))
