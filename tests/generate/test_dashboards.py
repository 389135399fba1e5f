"""The dashboards are what Grafana can read, and the metric table is what they are made of."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from driftwatch.config import parse
from driftwatch.export.table import METRICS
from driftwatch.generate.dashboards import DashboardPolicy, files, policy_of
from driftwatch.generate.dashboards.by_process import number
from driftwatch.generate.dashboards.layout import placed
from driftwatch.generate.dashboards.panels import Row
from driftwatch.generate.dashboards.promql import series
from driftwatch.generate.dashboards.reference import reference
from driftwatch.generate.links import LOCAL, Links
from driftwatch.generate.rules.rule import AlertName
from tests.generate.as_grafana import links_of, panels, queries
from tests.harness.tools import ROOT

Json = dict[str, Any]
COMMITTED = ROOT / "dashboards"
FILES = {name: json.loads(text) for name, text in files(DashboardPolicy()).items()}
EVERY_PANEL = [
    pytest.param(panel, id=f"{name}: {panel['title']}")
    for name, dashboard in FILES.items()
    for panel in panels(dashboard)
]
GRID = 24
CURRENT = {
    *(
        "timeseries",
        "stat",
        "table",
        "state-timeline",
        "status-history",
        "heatmap",
        "barchart",
        "trend",
    ),
}
OF_THE_PROCESS = {
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
}
OF_THE_SCRAPE = {"job", "instance"}
KEPT_BY_GRAFANA_ALONE = {
    # Prometheus's part of an annotation, and a variable's query once more as text.
    *("tagKeys", "textFormat", "titleFormat", "useValueForTime", "definition"),
    # A heat map's tooltip, of which either the older or the newer key is known.
    *("show", "mode"),
}


def test_the_dashboards_in_the_repository_are_those_that_the_program_writes() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in COMMITTED.glob("*.json")}
    assert written == files(DashboardPolicy()), "driftwatch dashboards -o dashboards"


def test_the_reference_is_the_one_that_the_dashboards_make() -> None:
    written = (ROOT / "docs" / "reference" / "dashboards.md").read_text(encoding="utf-8")
    made = "python -m driftwatch.generate.dashboards.reference > docs/reference/dashboards.md"
    assert written == reference(), made


def test_the_same_policy_makes_the_same_files() -> None:
    assert files(DashboardPolicy()) == files(DashboardPolicy())


def test_each_dashboard_is_found_by_the_name_of_its_file() -> None:
    assert {f"{dashboard['uid']}.json" for dashboard in FILES.values()} == FILES.keys()


@pytest.mark.parametrize("name", FILES)
def test_a_dashboard_has_a_current_schema_and_panels_with_ids_of_their_own(name: str) -> None:
    dashboard = FILES[name]
    assert dashboard["schemaVersion"] == 42
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert ids == list(range(1, len(ids) + 1))
    assert {panel["type"] for panel in panels(dashboard)} <= CURRENT


@pytest.mark.parametrize("name", FILES)
def test_panels_fill_the_grid_without_holes_and_overlaps(name: str) -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in FILES[name]["panels"]:
        at = panel["gridPos"]
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                assert (x, y) not in taken, (panel["title"], taken[x, y])
                taken[x, y] = panel["title"]
    height = 1 + max(y for _, y in taken)
    assert taken.keys() == {(x, y) for x in range(GRID) for y in range(height)}


def test_a_line_of_panels_that_leaves_a_hole_is_refused() -> None:
    with pytest.raises(ValueError, match="Half: narrow leaves a hole to its right"):
        list(placed((Row("Half", (number("narrow", "", "1", ()),)),)))


def test_panels_that_are_too_wide_for_a_line_are_refused() -> None:
    wide = number("wide", "", "1", (), width=GRID - 1)
    with pytest.raises(ValueError, match="Full: wide does not fit into its line"):
        list(placed((Row("Full", (wide, wide)),)))


@pytest.mark.parametrize("panel", EVERY_PANEL)
def test_a_panel_says_what_it_shows_in_which_unit(panel: Json) -> None:
    assert panel["title"]
    assert panel["fieldConfig"]["defaults"]["unit"]
    # What it shows, what is normal, what to do: no less than two sentences.
    assert len(re.findall(r"[.?](?: |$)", panel["description"])) >= 2, panel["description"]


@pytest.mark.parametrize("panel", EVERY_PANEL)
def test_a_panel_leads_to_the_status_page(panel: Json) -> None:
    assert any("${status_page:raw}/" in url for url in links_of(panel))


@pytest.mark.parametrize("panel", EVERY_PANEL)
def test_values_of_columns_lead_to_the_column(panel: Json) -> None:
    shown = [t for t in panel["targets"] if "{{column}}" in t["legendFormat"]]
    if shown or panel["title"] == "Columns in alarm":
        urls = links_of(panel)
        assert any(
            url.startswith("/d/driftwatch-column?") and "&var-column=${__" in url for url in urls
        )
        assert any("/columns/${__" in url and "column:percentencode}?model=" in url for url in urls)


@pytest.mark.parametrize("panel", EVERY_PANEL)
def test_all_that_a_link_is_filled_with_is_percent_encoded(panel: Json) -> None:
    for url in links_of(panel):
        filled = set(re.findall(r"\$\{([^}]*)\}", url)) - {"status_page:raw", "__url_time_range"}
        assert all(each.endswith(":percentencode") for each in filled), url


@pytest.mark.parametrize("name", FILES)
def test_every_metric_of_a_query_is_in_the_table_and_has_the_labels_it_is_asked_for(
    name: str,
) -> None:
    known = {metric.series_name: set(metric.labels) for metric in METRICS if not metric.p_value}
    asked = [each.expr for each in queries(FILES[name])]
    asked += [v["query"]["query"] for v in FILES[name]["templating"]["list"] if "datasource" in v]
    for expr in asked:
        found = set(re.findall(r"\b(?:driftwatch|process)_\w+", expr))
        assert found, expr
        assert found <= known.keys() | OF_THE_PROCESS
        for metric, matchers in re.findall(r"\b(driftwatch_\w+)\{(.*?)\}", expr):
            labels = set(re.findall(r"(\w+)(?:=~|!=|=)\"", matchers))
            assert labels <= known[metric] | OF_THE_SCRAPE, (metric, labels)


NOT_EVERYWHERE = {
    *("baseline_condition_ratio", "condition_ratio"),
    *("baseline_contract_violation_ratio", "contract_violations_total"),
    *("baseline_top_class_ratio", "top_class_ratio"),
    *(metric.name for metric in METRICS if metric.name.startswith("comparison_")),
    *("shadow_disagreements_total", "shadow_pairs_total"),
    *("volume_alarm", "volume_ratio"),
    *("join_pairs_total", "join_waiting_records", "event_requests_total"),
}
"""What only a configuration has that asks for it: on the status page and in rules, in no panel."""


def test_every_metric_but_p_values_is_on_some_dashboard() -> None:
    text = "".join(each.expr for dashboard in FILES.values() for each in queries(dashboard))
    absent = {m.name for m in METRICS if not m.p_value and m.series_name not in text}
    # The share of a window that lies behind the first record: `warming_up` and `blind` say it.
    assert absent - NOT_EVERYWHERE == {"window_fill_ratio"}
    assert absent >= NOT_EVERYWHERE


def test_a_metric_that_is_not_in_the_table_is_refused() -> None:
    with pytest.raises(KeyError):
        series("drift_alarms")


def test_a_label_that_a_metric_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="psi has no label severity"):
        series("psi", severity="page")


def test_a_p_value_is_refused() -> None:
    with pytest.raises(ValueError, match="ks_p_value is below any limit once"):
        series("ks_p_value")


@pytest.mark.parametrize("name", FILES)
def test_the_variables_of_a_query_are_those_of_its_dashboard(name: str) -> None:
    known = {each["name"] for each in FILES[name]["templating"]["list"]}
    known |= {"__range", "__rate_interval", "__interval"}
    for each in queries(FILES[name]):
        assert set(re.findall(r"\$(\w+)", each.expr)) <= known, each


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_lost_when_grafanas_own_library_reads_a_dashboard(name: str) -> None:
    register_default_plugins()
    read = json.loads(json.dumps(Dashboard.from_json(FILES[name]), cls=JSONEncoder))
    lost = {path[-1] for path in differences(FILES[name], read)}
    assert lost <= KEPT_BY_GRAFANA_ALONE


def test_the_addresses_of_an_installation_are_where_the_links_lead() -> None:
    links = Links("https://drift.example", "https://grafana.example", "https://docs.example/run")
    made = files(DashboardPolicy(links=links))
    assert all('"query": "https://drift.example"' in text for text in made.values())
    assert "https://docs.example/run/DriftwatchLagging" in made["driftwatch-itself.json"]
    assert "localhost" not in "".join(made.values())


def test_what_to_do_is_a_page_of_the_runbook() -> None:
    pages = {
        url.removeprefix(f"{LOCAL.runbooks}/")
        for dashboard in FILES.values()
        for panel in panels(dashboard)
        for url in links_of(panel)
        if url.startswith(LOCAL.runbooks)
    }
    assert pages
    assert pages <= set(get_args(AlertName))


def test_distributions_are_left_out_where_counts_are_not_exported() -> None:
    made = files(DashboardPolicy(counts=False))["driftwatch-column.json"]
    assert "driftwatch_column_records_total" not in made
    assert "driftwatch_column_records_total" in json.dumps(FILES["driftwatch-column.json"])


@pytest.mark.parametrize(
    ("seconds", "refresh"), [(1, "5s"), (10, "10s"), (60, "1m"), (90, "2m"), (3600, "60m")]
)
def test_a_dashboard_loads_anew_once_a_pane(seconds: float, refresh: str) -> None:
    assert DashboardPolicy(pane_seconds=seconds).refresh == refresh


def test_the_settings_of_a_configuration_reach_the_dashboards(tmp_path: Path) -> None:
    settings = parse(
        {
            "source": {"files": {"path": "log"}},
            "decode": {"model": {"const": "m"}, "model_version": "v", "timestamp": "ts"},
            "models": {"m": {"baselines": {"1": "m.json"}}},
            "pane": "10s",
            "windows": ["10m", "1h"],
            "state": {"memory": True},
            "metrics": {"counts": True},
            "links": {"status_page": "https://drift.example"},
        },
        tmp_path / "driftwatch.yaml",
    )
    policy = policy_of(settings)
    assert (policy.since, policy.refresh, policy.counts) == ("now-1h", "10s", True)
    assert '"value": "10m"' in files(policy)["driftwatch-overview.json"]
    assert policy.links.status_page == "https://drift.example"


def differences(ours: Any, theirs: Any, path: tuple[str, ...] = ("",)) -> Iterator[tuple[str, ...]]:
    """The paths of what is ours and not theirs."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in ours.items():
            yield from differences(value, theirs.get(key, "nothing"), (*path, key))
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(one, other, (*path[:-1], path[-1], str(index)))
    elif ours != theirs:
        yield path
