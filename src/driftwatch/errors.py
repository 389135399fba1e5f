"""Every error that Driftwatch raises on purpose, in one tree.

    DriftwatchError            the root; catch this at the rim, once
    ├── UsageError             the command line asks for something that can't be (exit code 2)
    ├── ConfigError            a setting is wrong; names file, line and key (exit code 2)
    ├── BaselineError          an artifact is missing, truncated, edited or too new (exit code 2)
    ├── DataError              data that can't be read or has nothing to read (exit code 3)
    ├── SourceError            a log can't be opened or read (exit code 4)
    │   └── CommitRefusedError partitions are another's by now; never leaves the loop
    ├── StateError             the store can't be opened, read or written (exit code 4)
    │   └── StateLockedError   another process holds the state folder (exit code 4)
    └── HopelessStateError     the state can't be used, and trying again can't help (exit code 4)

Each message is one that a user can act on: what was found, what was expected, what to do.
"""


class DriftwatchError(Exception):
    """The root of the tree. `exit_code` is what a command ends with when this reaches its rim."""

    exit_code = 4


class UsageError(DriftwatchError):
    """The command line asks for something that can't be."""

    exit_code = 2


class ConfigError(DriftwatchError):
    """A setting is wrong. The text names the file, the line, the key and what would be right."""

    exit_code = 2


class BaselineError(DriftwatchError):
    """A baseline artifact is missing, truncated, edited, or newer than this program."""

    exit_code = 2


class DataError(DriftwatchError):
    """The data can't be read, or there is too little of it to say anything."""

    exit_code = 3


class SourceError(DriftwatchError):
    """A serving log can't be opened or read."""


class CommitRefusedError(SourceError):
    """The group takes no commit of ours any more: partitions went to another member."""


class StateError(DriftwatchError):
    """The store can't be opened, read or written. What it already holds is intact."""


class StateLockedError(StateError):
    """Another process works on the same state folder."""


class HopelessStateError(DriftwatchError):
    """The state can't be used, and trying again can't help. No `StateError`: the process ends."""
