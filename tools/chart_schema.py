"""Writes what the daemon knows of its configuration into the schema of the chart's values.

So Helm refuses a wrong key below `config` before anything reaches a cluster. Run by
tools/chart-files.sh; the rest of the schema is written by hand.
"""

import json
from pathlib import Path
from typing import Any

from driftwatch.config import json_schema

FILE = Path(__file__).resolve().parents[1] / "deploy/helm/driftwatch/values.schema.json"


def with_configuration(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of the values with that of the configuration as `config`."""
    # Go's regular expressions know no lookahead; of ours it only keeps the empty text out.
    ours = json.loads(json.dumps(json_schema()).replace("^(?=.)", "^"))
    parts = ours.pop("$defs")
    # What the chart adds need not be there.
    ours["required"] = [key for key in ours["required"] if key != "state"]
    parts["StateSettings"].pop("anyOf")
    parts["ChangelogSettings"]["required"].remove("replica")
    parts["HttpSource"].pop("required")  # the spool
    # Nobody writes to the standard input of a pod.
    parts["SourceSettings"]["properties"].pop("stdin")
    parts.pop("StdinSource")
    config = {key: value for key, value in ours.items() if key not in ("$schema", "title")}
    properties = {**schema["properties"], "config": config}
    return {**schema, "$schema": ours["$schema"], "properties": properties, "$defs": parts}


def main() -> None:
    schema = json.loads(FILE.read_text(encoding="utf-8"))
    text = json.dumps(with_configuration(schema), indent=2, ensure_ascii=False)
    FILE.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
