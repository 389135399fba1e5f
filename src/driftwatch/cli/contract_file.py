"""The rules of a contract as a file holds them: YAML, a condition by the name of each rule.

    age_range: age BETWEEN 0 AND 120
    scored: score IS NOT NULL

They may stand below the key `contract`, as in a configuration.
"""

from collections.abc import Mapping
from pathlib import Path

from driftwatch.config.tree import TreeError, read_tree
from driftwatch.errors import UsageError

MOST_BYTES = 1 << 20


def read_contract(path: Path) -> Mapping[str, str]:
    """The conditions by name. Raises UsageError with file and line."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise UsageError(f"{path}: larger than {MOST_BYTES:,} bytes, which no contract is")
        tree = read_tree(content.decode("utf-8-sig"), {})
    except OSError as problem:
        raise UsageError(f"{path}: can't read the contract: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise UsageError(f"{path}: not UTF-8; save the file as UTF-8") from problem
    except TreeError as problem:
        raise UsageError(f"{path}: no contract (name: condition): {problem}") from problem
    for found in tree.problems:
        raise UsageError(f"{path}: {'.'.join(map(str, found.path))}: {found.text}")
    data = tree.data
    if isinstance(data, dict) and isinstance(data.get("contract"), dict) and len(data) == 1:
        data = data["contract"]
    assert isinstance(data, dict)  # `read_tree` takes nothing else
    for name, condition in data.items():
        if not isinstance(condition, str):
            raise UsageError(f"{path}: {name}: expected a condition, found {condition!r}")
    return data
