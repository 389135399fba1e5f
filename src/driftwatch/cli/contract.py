"""`driftwatch contract suggest BASELINE` and `driftwatch contract check BASELINE DATA...`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from driftwatch.baseline.artifact import Baseline
    from driftwatch.contract.contract import Contract
    from driftwatch.contract.counting import ContractCount, RuleCount

app = typer.Typer(
    help="What every record must meet: suggest rules, ask data.", no_args_is_help=True
)

_NAME_SIGNS = 60


@app.command()
def suggest(
    baseline: Annotated[Path, typer.Argument(help="A baseline.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document instead of YAML.")
    ] = False,
) -> None:
    """Suggest rules that all of the training data meets.

    Numbers get a range, a tenth wider on either side than the training data; columns of up to 30
    words get these words; and a column that training never lacked has to be there. Paste the rules
    you mean below `contract:` of the model, or give the file to `baseline build --contract`.
    """
    from driftwatch.baseline.artifact import load_baseline
    from driftwatch.contract.suggest import suggest as suggested

    known = load_baseline(baseline)
    rules = suggested(known)
    if as_json:
        import json

        typer.echo(json.dumps(rules, ensure_ascii=False, indent=2))
        return
    import yaml

    typer.echo(
        f"# Suggested from {known.rows:,} rows of {known.model} version {known.model_version}. "
        "Keep what you mean."
    )
    text = yaml.safe_dump(rules, allow_unicode=True, sort_keys=False, width=2**31)
    typer.echo(text, nl=False)


@app.command()
def check(
    baseline: Annotated[Path, typer.Argument(help="A baseline with a contract.")],
    data: Annotated[
        list[str],
        typer.Argument(
            metavar="DATA...",
            help="CSV or JSON Lines (also .gz) or Parquet: files, folders, or URLs (s3://, gs://).",
        ),
    ],
    contract: Annotated[
        Path | None,
        typer.Option(help="Rules (YAML, a condition by name) instead of the baseline's own."),
    ] = None,
    timestamp: Annotated[
        str | None, typer.Option(help="The column that holds the time. [as in the baseline]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Judge every record of some data by the contract.

    A rule is broken if it is false for more records than the training data explains; with 1 of 100
    data sets like it that may happen, all rules together. Rules that are NULL for a record are
    counted apart.

    Exit codes: 0 fine, 1 a rule is broken, 2 a wrong call, 3 data that can't be read, 4 a failure
    of Driftwatch.
    """
    from driftwatch.baseline.artifact import load_baseline
    from driftwatch.baseline.raw import sources_of
    from driftwatch.baseline.read import open_data
    from driftwatch.baseline.times import column_times, own_times
    from driftwatch.contract.counting import count
    from driftwatch.timestamps import parse_times

    known = load_baseline(baseline)
    judged = _contract(known, baseline, contract)
    name = timestamp or known.timestamp
    times_of = own_times if name is None else column_times(name, parse_times)
    counted = count(judged, open_data(data, sources_of(known.derived)).chunks(), times_of)
    if as_json:
        from driftwatch.export.document import to_json

        typer.echo(to_json(_document(counted)), nl=False)
    else:
        _print(counted, known)
    raise typer.Exit(1 if counted.broken else 0)


def _contract(known: "Baseline", path: Path, rules: Path | None) -> "Contract":
    from driftwatch.cli.contract_file import read_contract
    from driftwatch.contract.contract import Contract
    from driftwatch.derive.derivation import NamedCondition
    from driftwatch.errors import UsageError

    if rules is None:
        contract = Contract(known)
    else:
        given = read_contract(rules)
        named = [NamedCondition(name=n, role="contract", text=t) for n, t in given.items()]
        contract = Contract(known, named)
    if not contract.rules:
        raise UsageError(
            f"{rules or path}: no rules; `driftwatch contract suggest {path}` suggests some, "
            "--contract FILE reads them"
        )
    return contract


def _document(counted: "ContractCount") -> dict[str, Any]:
    return {
        "verdict": "broken" if counted.broken else "ok",
        "records": counted.records,
        "rules": [
            {
                "name": rule.name,
                "condition": rule.text,
                "verdict": rule.verdict,
                "failed": rule.failed,
                "unknown": rule.unknown,
                "first_failed": list(rule.first),
                "failed_ratio": rule.failed / counted.records,
                "baseline_failed_ratio": _ratio(rule),
                "p_value": rule.p_value,
            }
            for rule in counted.rules
        ],
    }


def _ratio(rule: "RuleCount") -> float | None:
    return rule.trained_failed / rule.trained if rule.trained else None


def _print(counted: "ContractCount", baseline: "Baseline") -> None:
    from driftwatch.cli.tables import print_table

    broken = sum(rule.verdict == "broken" for rule in counted.rules)
    words = f"{broken} of {len(counted.rules)} rules" if broken else "no rule"
    typer.echo(
        f"{'broken' if broken else 'ok'}: {words} broken more often than in training, in "
        f"{counted.records:,} records, against {baseline.rows:,} rows of {baseline.model} version "
        f"{baseline.model_version}"
    )
    print_table(_table(counted))


def _table(counted: "ContractCount") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from driftwatch.cli.tables import percent, visible

    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("rule", "verdict", "false", "in training", "null", "first records", "condition"):
        right = title in ("false", "in training", "null")
        table.add_column(title, justify="right" if right else "left", overflow="fold")
    for rule in counted.rules:
        cells = (
            visible(rule.name, _NAME_SIGNS),
            rule.verdict,
            f"{rule.failed:,} ({percent(rule.failed, counted.records)})",
            percent(rule.trained_failed, rule.trained) if rule.trained else "-",
            f"{rule.unknown:,}",
            ", ".join(map(str, rule.first)),
            visible(rule.text, _NAME_SIGNS),
        )
        table.add_row(*map(Text, cells))
    return table
