"""How Grafana writes what its panels have in common: colours, names, links, styles."""

from collections.abc import Iterable, Sequence
from typing import Any

from driftwatch.generate.dashboards.colours import Meaning, Step
from driftwatch.generate.dashboards.panels import Cell, Link, Panel, Style, Table

# Any: JSON of Grafana's, of any depth.
Json = dict[str, Any]


def defaults(panel: Panel, by: str = "thresholds") -> Json:
    """What holds for all series of a panel. by: where its colours come from."""
    return {
        "color": {"mode": by},
        "decimals": panel.decimals,
        "links": [link(each) for each in of_values(panel)],
        "mappings": mappings(panel.meanings),
        "max": panel.most,
        "min": panel.least,
        "noValue": panel.nothing,
        "thresholds": thresholds(panel.steps),
        "unit": panel.unit,
    }


def of_values(panel: Panel) -> tuple[Link, ...]:
    """The links of a panel's values; of a table they belong to its cells."""
    if isinstance(panel, Table):
        return ()
    return tuple(each for each in panel.links if each.of_value) or panel.links


def of_panel(panel: Panel) -> tuple[Link, ...]:
    """The links that can be followed where there is no value to click."""
    return tuple(each for each in panel.links if not each.of_value)


def thresholds(steps: Sequence[Step]) -> Json:
    """From which value on which colour."""
    return {
        "mode": "absolute",
        "steps": [{"color": step.colour, "value": step.value} for step in steps],
    }


def mappings(meanings: Iterable[Meaning]) -> list[Json]:
    """What values are called."""
    return [
        {
            "type": "range" if meaning.is_range else "value",
            "options": _mapped(meaning, {"index": index, **_result(meaning)}),
        }
        for index, meaning in enumerate(meanings)
    ]


def link(to: Link) -> Json:
    """Where a value leads to."""
    return {"title": to.title, "url": to.url, "targetBlank": to.new_tab}


def styles(of: Iterable[Style]) -> list[Json]:
    """What some series have of their own."""
    return [override(style.series, _style(style)) for style in of]


def cells(of: Iterable[Cell]) -> list[Json]:
    """What some columns of a table have of their own."""
    return [override(cell.name, _cell(cell)) for cell in of]


def override(name: str, properties: Json) -> Json:
    """Settings for the fields of this name, or of this regular expression between slashes."""
    regexp = name.startswith("/")
    return {
        "matcher": {"id": "byRegexp" if regexp else "byName", "options": name},
        "properties": [
            {"id": key, "value": value} for key, value in properties.items() if value is not None
        ],
    }


def _mapped(meaning: Meaning, result: Json) -> Json:
    if meaning.is_range:
        return {"from": meaning.value, "to": meaning.to, "result": result}
    return {f"{meaning.value}": result}


def _result(meaning: Meaning) -> Json:
    colour = {"color": meaning.colour} if meaning.colour else {}
    return {"text": meaning.text, **colour}


def _style(style: Style) -> Json:
    colour = {"mode": "fixed", "fixedColor": style.colour} if style.colour else None
    dash = {"fill": "dash", "dash": [8, 8]} if style.dashed else None
    return {
        "color": colour,
        "custom.lineStyle": dash,
        "custom.fillBelowTo": style.fill_to,
        "custom.fillOpacity": 15 if style.fill_to else 0 if style.alone else None,
        "custom.stacking": {"group": "B", "mode": "none"} if style.alone else None,
    }


def _cell(cell: Cell) -> Json:
    filled = {"type": "color-background", "mode": "basic"} if cell.filled else None
    return {
        "unit": cell.unit,
        "decimals": cell.decimals,
        "custom.width": cell.width,
        "custom.align": "left" if cell.left else None,
        "thresholds": thresholds(cell.steps) if cell.steps else None,
        "color": {"mode": "thresholds"} if cell.steps else None,
        "mappings": mappings(cell.meanings) if cell.meanings else None,
        "custom.cellOptions": filled,
        "links": [link(each) for each in cell.links] or None,
    }
