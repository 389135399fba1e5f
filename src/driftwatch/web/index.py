"""The first page: how things stand, in words, and where to look further."""

from html import escape

from driftwatch.monitor.report import Report

LINKS = {
    "/metrics": "metrics for Prometheus",
    "/api/v1/status": "the whole report as JSON",
    "/config": "the configuration, secrets masked",
    "/-/healthy": "whether the loop makes progress",
    "/-/ready": "whether the process is ready",
}

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Driftwatch: {state}</title>
<h1>{state}</h1>
<ul>
{links}
</ul>
</html>
"""


def index(report: Report | None) -> str:
    """The page as HTML."""
    links = "\n".join(f'<li><a href="{path}">{path}</a> {words}' for path, words in LINKS.items())
    return _PAGE.format(state=escape(state_in_words(report)), links=links)


def state_in_words(report: Report | None) -> str:
    """Alarms and blindness on one line."""
    if report is None:
        return "nothing is known yet"
    levels = [
        stream.alarms.level(i) for stream in report.streams for i in range(len(stream.columns))
    ]
    alarms = [
        f"{_some(count, 'column')} in {level} alarm"
        for level in ("page", "info")
        if (count := levels.count(level))
    ]
    blind = sum(bool(stream.blind) for stream in report.streams)
    found = " and ".join(alarms) or "no alarm"
    if blind:
        return f"{found}, and {blind} of {_some(len(report.streams), 'stream')} blind"
    return found


def _some(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
