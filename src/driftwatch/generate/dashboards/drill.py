"""Where the values of a panel lead to: the column's dashboard, the status page, the runbook.

All that Grafana fills in is percent-encoded: a column may be called anything.
"""

from collections.abc import Callable, Mapping

from driftwatch.generate.dashboards.panels import Link

OVERVIEW_UID = "driftwatch-overview"
COLUMN_UID = "driftwatch-column"
ITSELF_UID = "driftwatch-itself"

STATUS_PAGE = "status_page"
"""The variable that holds the address of the status page, so that it can be set in one place."""

_STREAM = ("model", "model_version", "segment")
Filled = Callable[[str], str]


def from_series(label: str) -> str:
    """The value of a label of the series that was clicked."""
    return f"${{__field.labels.{label}:percentencode}}"


def from_row(label: str) -> str:
    """The value in the same row of a table."""
    return f"${{__data.fields.{label}:percentencode}}"


def from_choice(variable: str) -> str:
    """What is chosen at the top of the dashboard."""
    return f"${{{variable}:percentencode}}"


def to_column_dashboard(filled: Filled = from_series) -> Link:
    """To the dashboard of the column."""
    chosen = {name: filled(name) for name in (*_STREAM, "column")}
    return Link(
        "Open the column", _dashboard(COLUMN_UID, {**chosen, "window": from_choice("window")})
    )


def to_column_page(filled: Filled = from_series) -> Link:
    """To the column on the status page."""
    address = f"{_page()}/columns/{filled('column')}?{_stream(filled, _STREAM)}"
    return Link("The column on the status page", address, new_tab=True)


def to_stream_page(filled: Filled = from_series, by: tuple[str, ...] = _STREAM) -> Link:
    """To the status page, with this stream alone. by: the labels that tell which it is."""
    return Link("The status page", f"{_page()}/?{_stream(filled, by)}", new_tab=True)


def to_status_page() -> Link:
    """To the status page."""
    return Link("The status page", f"{_page()}/", new_tab=True)


def to_drifting_page() -> Link:
    """To what drifts on the status page."""
    return Link("What drifts, on the status page", f"{_page()}/?state=drifting", new_tab=True)


def to_overview() -> Link:
    """To the overview, in the same range."""
    return Link("The overview", _dashboard(OVERVIEW_UID))


def to_itself() -> Link:
    """To the dashboard of the process, in the same range."""
    return Link("Driftwatch itself", _dashboard(ITSELF_UID))


def of_column(filled: Filled = from_series) -> tuple[Link, ...]:
    """What a value of one column leads to."""
    return to_column_dashboard(filled), to_column_page(filled)


def of_chosen_column() -> tuple[Link, ...]:
    """What a panel leads to whose column is chosen at the top."""
    return to_column_page(from_choice), to_overview()


def _dashboard(uid: str, chosen: Mapping[str, str] | None = None) -> str:
    """One of ours, on the same data source and in the same range."""
    values = {"datasource": from_choice("datasource"), **(chosen or {})}
    query = "&".join(f"var-{name}={value}" for name, value in values.items())
    return f"/d/{uid}?{query}&${{__url_time_range}}"


def _stream(filled: Filled, by: tuple[str, ...]) -> str:
    return "&".join(f"{name}={filled(name)}" for name in by)


def _page() -> str:
    return f"${{{STATUS_PAGE}:raw}}"
