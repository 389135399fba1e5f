"""Dashboards as Grafana's JSON, by grafanalib. Nothing else of Driftwatch knows grafanalib.

grafanalib 0.7 knows the frame of a dashboard well, and its panels as they were years ago. So it
writes the frame; what a panel has because of its kind is written by `kinds`, and what nothing
reads any more is left out: settings of the panels of Grafana 7, and everything that is null.
"""

import json
from typing import Any

from driftwatch.generate.dashboards.fields import Json, link, of_panel
from driftwatch.generate.dashboards.kinds import ref, written
from driftwatch.generate.dashboards.layout import Place, placed
from driftwatch.generate.dashboards.panels import (
    Annotation,
    Dashboard,
    Panel,
    Query,
    Row,
    Variable,
)

SCHEMA_VERSION = 42
"""As Grafana writes it now. Older ones read it as well: nothing here is new to them."""

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
_TAG = "driftwatch"
_OF_OLD_DASHBOARDS = ("__inputs", "hideControls", "rows", "sharedCrosshair", "style", "version")
_OF_OLD_PANELS = ("editable", "error", "hideTimeOverride", "transparent")
_OF_OLD_TARGETS = ("hide", "interval", "intervalFactor", "metric", "query", "step", "target")
_OF_OLD_VARIABLES = ("auto", "auto_count", "auto_min", "tagValuesQuery", "tagsQuery", "useTags")


def grafana_json(dashboard: Dashboard) -> Json:
    """The JSON model of a dashboard, the same for the same dashboard."""
    from grafanalib import core

    known = core.Dashboard(
        title=dashboard.title,
        uid=dashboard.uid,
        description=dashboard.description,
        tags=[_TAG],
        schemaVersion=SCHEMA_VERSION,
        timezone="browser",
        time=core.Time(dashboard.since, "now"),
        refresh=dashboard.refresh,
        graphTooltip=core.GRAPH_TOOLTIP_MODE_SHARED_CROSSHAIR,
        links=[_to_the_others()],
        annotations=core.Annotations(list=[_marks(each) for each in dashboard.annotations]),
        templating=core.Templating(list=_variables(dashboard)),
        panels=_panels(dashboard),
    )
    return _cleaned(known.to_json_data() | {"timepicker": {}}, _OF_OLD_DASHBOARDS)


def _panels(dashboard: Dashboard) -> list[Json]:
    return [
        _title(item, place, number) if isinstance(item, Row) else _panel(item, place, number)
        for number, (item, place) in enumerate(placed(dashboard.rows), 1)
    ]


def _title(row: Row, place: Place, number: int) -> Json:
    from grafanalib import core

    found = core.RowPanel(title=row.title, id=number, gridPos=_grid(place)).to_json_data()
    kept = ("id", "gridPos", "title", "type", "collapsed", "panels")
    return _cleaned({key: found[key] for key in kept})


def _panel(panel: Panel, place: Place, number: int) -> Json:
    from grafanalib import core

    known = core.Panel(
        id=number,
        title=panel.title,
        description=panel.description,
        dataSource=DATASOURCE,
        gridPos=_grid(place),
        maxDataPoints=None,
        links=[link(each) for each in of_panel(panel)],
        targets=[_target(query, ref(i)) for i, query in enumerate(panel.queries)],
    )
    # The steps that panel_json would add are those of all panels; ours come with the kind.
    found = known.panel_json({}) | written(panel)
    return _cleaned(found, _OF_OLD_PANELS)


def _target(query: Query, name: str) -> Json:
    from grafanalib import core

    known = core.Target(
        expr=query.expr,
        legendFormat=query.legend or "__auto",
        format=query.shape,
        refId=name,
        instant=query.now,
        datasource=DATASOURCE,
    )
    more = {"range": not query.now, "editorMode": "code"}
    return _cleaned(known.to_json_data() | more, _OF_OLD_TARGETS)


def _variables(dashboard: Dashboard) -> list[Json]:
    from grafanalib import core

    source = core.Template(
        name="datasource", label="Data source", type="datasource", query="prometheus", refresh=1
    )
    hidden = [
        core.Template(name=name, query=value, type="textbox", hide=core.HIDE_VARIABLE)
        for name, value in dashboard.constants.items()
    ]
    found = [source, *map(_choice, dashboard.variables), *hidden]
    return [_variable(each.to_json_data()) for each in found]


def _choice(variable: Variable) -> Any:
    from grafanalib import core

    return core.Template(
        name=variable.name,
        label=variable.label,
        query={"query": variable.values, "refId": f"variable-{variable.name}"},
        dataSource=DATASOURCE,
        default=variable.chosen or ("All" if variable.several else None),
        includeAll=variable.several,
        multi=variable.several,
        refresh=core.REFRESH_ON_TIME_RANGE_CHANGE,
        sort=core.SORT_ALPHA_IGNORE_CASE_ASC,
    )


def _variable(found: Json) -> Json:
    """What Grafana has for a variable, where grafanalib has it otherwise."""
    text = found["current"]["text"]
    if found["type"] == "textbox":
        text = found["query"]
        found["options"] = [{"selected": True, "text": text, "value": text}]
    if text is None:
        found["current"] = {}
    elif found["multi"] and text == "All":
        found["current"] = {"selected": True, "text": ["All"], "value": ["$__all"]}
    else:
        found["current"] = {"selected": True, "text": text, "value": text}
    if found["type"] == "query":
        found["definition"] = found["query"]["query"]
    return _cleaned(found, _OF_OLD_VARIABLES)


def _marks(annotation: Annotation) -> Json:
    return {
        "datasource": DATASOURCE,
        "enable": annotation.shown,
        "expr": annotation.expr,
        "hide": False,
        "iconColor": annotation.colour,
        "name": annotation.name,
        "tagKeys": ",".join(annotation.tags),
        "textFormat": annotation.text,
        "titleFormat": annotation.title,
        "useValueForTime": annotation.at_value,
    }


def _to_the_others() -> Json:
    """The list of our dashboards, at the top of each."""
    from grafanalib import core

    others = core.DashboardLink(
        type="dashboards",
        title="Driftwatch",
        tags=[_TAG],
        asDropdown=True,
        icon="dashboard",
        keepTime=True,
    )
    return _cleaned(others.to_json_data())


def _grid(place: Place) -> Any:
    from grafanalib import core

    return core.GridPos(h=place.height, w=place.width, x=place.x, y=place.y)


def _cleaned(found: Json, unread: tuple[str, ...] = ()) -> Json:
    """The same as plain JSON, without what is null or no longer read by Grafana."""
    plain: Json = json.loads(json.dumps(found, default=lambda part: part.to_json_data()))
    cleaned: Json = _without_null({k: v for k, v in plain.items() if k not in unread})
    return cleaned


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        # The lowest step of thresholds has no value, and says so.
        kept = {"value"} if value.keys() == {"color", "value"} else set()
        return {k: _without_null(v) for k, v in value.items() if v is not None or k in kept}
    if isinstance(value, list):
        return [_without_null(each) for each in value]
    return value
