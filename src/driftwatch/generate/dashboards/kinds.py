"""How Grafana writes each kind of panel: its type, its options, its fields."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from driftwatch.generate.dashboards.fields import Json, cells, defaults, override, styles
from driftwatch.generate.dashboards.panels import (
    Bars,
    Cells,
    Curves,
    Histogram,
    Number,
    Panel,
    Table,
    Timeline,
    TimeSeries,
    Words,
)

_NO_LEGEND = {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []}
_LIST = {**_NO_LEGEND, "showLegend": True}
_RANKED = {
    "displayMode": "table",
    "placement": "right",
    "showLegend": True,
    "calcs": ["lastNotNull"],
    "sortBy": "Last *",
    "sortDesc": True,
}
_ALL_SERIES = {"mode": "multi", "sort": "desc"}
_ONE_SERIES = {"mode": "single", "sort": "none"}
_CELLS_ACROSS = 80
"""Points in time of a panel of cells: more would leave no room for a cell."""


def written(panel: Panel) -> Json:
    """What a panel has because of its kind."""
    # Any: each function takes the panels of its own kind.
    write = cast("Callable[[Any], Json]", _KINDS[type(panel)])
    return write(panel)


def _time_series(panel: TimeSeries) -> Json:
    low, high = panel.about
    custom = {
        "drawStyle": "line",
        "lineInterpolation": "linear",
        "lineWidth": 1 if panel.stacked or panel.ranked else 2,
        "fillOpacity": 40 if panel.stacked else 0,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"group": "A", "mode": "normal" if panel.stacked else "none"},
        "axisSoftMin": low,
        "axisSoftMax": high,
        "thresholdsStyle": {"mode": "line" if panel.line_at else "off"},
    }
    return {
        "type": "timeseries",
        "options": {"legend": _RANKED if panel.ranked else _LIST, "tooltip": _ALL_SERIES},
        "fieldConfig": _fields(panel, custom, "palette-classic", styles(panel.styles)),
    }


def _number(panel: Number) -> Json:
    options = _big("value", "auto") | {"graphMode": "area" if panel.history else "none"}
    return {"type": "stat", "options": options, "fieldConfig": _fields(panel, {})}


def _words(panel: Words) -> Json:
    options = _big("background", "name" if panel.names else "value")
    # A line each over the whole width; as tiles, names would be too small to read.
    options["orientation"] = "horizontal"
    if panel.label:
        options["reduceOptions"] |= {"fields": f"/^{panel.label}$/", "values": True}
    return {"type": "stat", "options": options, "fieldConfig": _fields(panel, {})}


def _big(colour: str, text: str) -> Json:
    return {
        "colorMode": colour,
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": text,
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }


def _timeline(panel: Timeline) -> Json:
    options = {
        "alignValue": "left",
        "legend": _NO_LEGEND,
        "mergeValues": True,
        "rowHeight": 0.85,
        "showValue": "auto",
        "tooltip": _ONE_SERIES,
    }
    fields = _fields(panel, {"fillOpacity": 80, "lineWidth": 0})
    return {"type": "state-timeline", "options": options, "fieldConfig": fields}


def _cells(panel: Cells) -> Json:
    options = {
        "colWidth": 1,
        "legend": _NO_LEGEND,
        "rowHeight": 0.9,
        "showValue": "never",
        "tooltip": _ONE_SERIES,
    }
    fields = _fields(panel, {"fillOpacity": 85, "lineWidth": 0})
    return {
        "type": "status-history",
        "options": options,
        "fieldConfig": fields,
        "maxDataPoints": _CELLS_ACROSS,
    }


def _histogram(panel: Histogram) -> Json:
    options = {
        "calculate": False,
        "cellGap": 1,
        "color": {
            "exponent": 0.5,
            "fill": "dark-orange",
            "mode": "scheme",
            "reverse": False,
            "scale": "exponential",
            "scheme": "Blues",
            "steps": 64,
        },
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "filterValues": {"le": 1e-9},
        "legend": {"show": False},
        "rowsFrame": {"layout": "auto", "value": "records"},
        # Until Grafana 10.2 a tooltip is shown or not, since then it has a mode.
        "tooltip": {"mode": "single", "show": True, "yHistogram": False},
        "yAxis": {"axisPlacement": "left", "reverse": False, "unit": panel.axis},
        "cellValues": {"unit": panel.unit},
    }
    return {
        "type": "heatmap",
        "options": options,
        "fieldConfig": _fields(panel, {}),
        "maxDataPoints": _CELLS_ACROSS,
    }


def _bars(panel: Bars) -> Json:
    options = {
        "barRadius": 0.0,
        "barWidth": 0.97,
        "fullHighlight": False,
        "groupWidth": 0.8,
        "legend": _LIST,
        "orientation": "auto",
        "showValue": "never",
        "stacking": "none",
        "tooltip": {"mode": "multi", "sort": "none"},
        "xField": panel.along,
        "xTickLabelRotation": -45,
        "xTickLabelSpacing": 100,
    }
    custom = {"fillOpacity": 70, "gradientMode": "none", "lineWidth": 0}
    # Names such as 01 would be taken for numbers, and be shown in the unit of the bars.
    names = override(panel.along, {"unit": "string"})
    return {
        "type": "barchart",
        "options": options,
        "fieldConfig": _fields(panel, custom, "palette-classic", [names, *styles(panel.styles)]),
        "transformations": _side_by_side(panel),
    }


def _curves(panel: Curves) -> Json:
    custom = {
        "drawStyle": "line",
        "fillOpacity": 0,
        "lineInterpolation": "linear",
        "lineWidth": 2,
        "showPoints": "never",
    }
    numbers = [{"targetField": panel.along, "destinationType": "number"}]
    own = override(panel.along, {"unit": "short"})
    return {
        "type": "trend",
        "options": {"legend": _LIST, "tooltip": _ALL_SERIES, "xField": panel.along},
        "fieldConfig": _fields(panel, custom, "palette-classic", [own, *styles(panel.styles)]),
        "transformations": _side_by_side(
            panel, {"id": "convertFieldType", "options": {"conversions": numbers, "fields": {}}}
        ),
    }


def _side_by_side(panel: Bars | Curves, *before_sorting: Json) -> list[Json]:
    """The results of the queries as columns of one table, named by their legends."""
    named = {f"Value #{ref(i)}": query.legend for i, query in enumerate(panel.queries)}
    hidden = [f"Time {i}" for i, _ in enumerate(panel.queries, 1)]
    return [
        {"id": "joinByField", "options": {"byField": panel.along, "mode": "outer"}},
        _organized((panel.along, *named), named, ("Time", *hidden)),
        *before_sorting,
        {"id": "sortBy", "options": {"fields": {}, "sort": [{"field": panel.along}]}},
    ]


def _table(panel: Table) -> Json:
    options = {
        "cellHeight": "sm",
        "footer": {"show": False, "reducer": ["sum"], "countRows": False, "fields": ""},
        "frameIndex": 0,
        "showHeader": True,
        "sortBy": [{"displayName": panel.first, "desc": True}],
    }
    custom = {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False}
    back = {name: value for value, name in panel.renamed.items()}
    order = tuple(back.get(name, name) for name in panel.order)
    return {
        "type": "table",
        "options": options,
        "fieldConfig": _fields(panel, custom, overrides=cells(panel.cells)),
        "transformations": [
            # Rows are joined on all that they share; the time of a query is none of it.
            {"id": "filterFieldsByName", "options": {"exclude": {"names": ["Time"]}}},
            {"id": "merge", "options": {}},
            _organized(order, dict(panel.renamed), panel.hidden),
        ],
    }


def ref(index: int) -> str:
    """What Grafana calls the queries of a panel: A, B, C."""
    return chr(ord("A") + index)


def _organized(order: Sequence[str], renamed: Json, hidden: Sequence[str]) -> Json:
    options = {
        "excludeByName": dict.fromkeys(hidden, True),
        "indexByName": {name: index for index, name in enumerate(order)},
        "renameByName": renamed,
    }
    return {"id": "organize", "options": options}


def _fields(
    panel: Panel, custom: Json, by: str = "thresholds", overrides: list[Json] | None = None
) -> Json:
    return {"defaults": defaults(panel, by) | {"custom": custom}, "overrides": overrides or []}


_KINDS: dict[type[Panel], Callable[..., Json]] = {
    TimeSeries: _time_series,
    Number: _number,
    Words: _words,
    Timeline: _timeline,
    Cells: _cells,
    Histogram: _histogram,
    Bars: _bars,
    Curves: _curves,
    Table: _table,
}
