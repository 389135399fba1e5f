"""What `driftwatch baseline build` can be told: each option in its words, and how it is read."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from driftwatch.errors import UsageError

if TYPE_CHECKING:
    from driftwatch.derive.derivation import NamedCondition

_COLUMNS = "Repeat it, or separate names by commas; 'embedding.*' names all that begin so."

Output = Annotated[
    Path,
    typer.Option("--output", "-o", help="The file to write; gzipped if it ends in .gz."),
]
Model = Annotated[str, typer.Option(help="The model's name in the serving log.")]
Version = Annotated[str, typer.Option(help="Its version in the serving log.")]
Data = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="DATA...",
        help="CSV or JSON Lines (also .gz) or Parquet: files, folders, or URLs (s3://, gs://).",
    ),
]
FromKafka = Annotated[
    bool, typer.Option("--from-kafka", help="Instead of DATA: the serving log itself.")
]
Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="With --from-kafka: where the log is, how it reads."),
]
Since = Annotated[str, typer.Option(help="With --from-kafka: how far back, as in 12h or 7d.")]
Predictions = Annotated[
    list[str] | None, typer.Option(help=f"Columns that the model puts out. {_COLUMNS}")
]
Labels = Annotated[
    list[str] | None, typer.Option(help="Columns that hold the truth, where it is known.")
]
Timestamp = Annotated[
    str | None, typer.Option(help="The column that holds the time; it is not monitored.")
]
InOrder = Annotated[
    bool, typer.Option("--in-order", help="The rows stand in the order of their time.")
]
Pane = Annotated[str, typer.Option(help="The daemon's `pane`.")]
RowsPerPane = Annotated[
    int, typer.Option(help="With --in-order: rows that a pane will usually hold.")
]
FalseAlarms = Annotated[str, typer.Option(help="The daemon's `false_alarms`, for the self-test.")]
Tolerance = Annotated[float, typer.Option(help="The daemon's `tolerance`, for the self-test.")]
Ignored = Annotated[list[str] | None, typer.Option(help="Columns not to monitor: ids, free text.")]
Numeric = Annotated[
    list[str] | None, typer.Option(help="Columns to take as numbers, whatever they look like.")
]
Categorical = Annotated[list[str] | None, typer.Option(help="Columns to take as categories.")]
Serving = Annotated[
    list[str] | None,
    typer.Option(help="Columns that say how a record was served: its latency, its status."),
]
Derivations = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KIND:SOURCE",
        help="Columns to make of one that holds a text, an age (a time), a vector, a list, a "
        "shape (of an array) or probabilities: text:review, probabilities:scores=cat,dog. "
        "Repeat it.",
    ),
]
Segments = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=CONDITION",
        help="Records to watch on their own as well: sunny=\"weather = 'sunny'\". Repeat it.",
    ),
]
Rates = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=CONDITION", help="A share of the records to watch. Repeat it."),
]
Contract = Annotated[
    Path | None,
    typer.Option(help="A YAML file of conditions, by name, that every record must meet."),
]


def pane_us(pane: str) -> int:
    """The length of a pane in microseconds. Raises UsageError."""
    from driftwatch.config import Duration

    try:
        length = Duration.parse(pane).us
    except ValueError:
        length = 0
    if length <= 0:
        raise UsageError(f"--pane {pane}: expected a duration like 30s, 1m or 1h")
    return length


def conditions(
    segments: list[str] | None, rates: list[str] | None, contract: Path | None
) -> tuple["NamedCondition", ...]:
    """Segments and rates as they were given, and the rules of the file. Raises UsageError."""
    from driftwatch.cli.contract_file import read_contract
    from driftwatch.derive.derivation import NamedCondition

    found = []
    given: tuple[tuple[Literal["segment", "rate"], list[str]], ...] = (
        ("segment", segments or []),
        ("rate", rates or []),
    )
    for role, written in given:
        for text in written:
            name, equals, condition = text.partition("=")
            if not equals or not condition.strip():
                raise UsageError(f"--{role} {text}: expected NAME=CONDITION")
            found.append(NamedCondition(name=name.strip(), role=role, text=condition.strip()))
    if contract is not None:
        rules = read_contract(contract)
        found += [NamedCondition(name=n, role="contract", text=t) for n, t in rules.items()]
    return tuple(found)
