"""The addresses that an alert gives: where to look, and what to do.

Names are escaped as addresses want them. Prometheus has no function for it before 3.0, but Go's
templates have one; it writes a space as `+`, which a path would keep.
"""

from collections.abc import Mapping

from driftwatch.generate.links import Links
from driftwatch.generate.rules.rule import AlertName

_STREAM = ("model", "model_version", "segment")


def of_column(links: Links, name: AlertName) -> Mapping[str, str]:
    """Of an alert about a column."""
    column = '{{ $labels.column | urlquery | reReplaceAll "[+]" "%20" }}'
    chosen = "&".join(f"var-{label}={_filled(label)}" for label in (*_STREAM, "column"))
    return {
        "runbook_url": _runbook(links, name),
        "dashboard_url": f"{links.dashboards}/d/driftwatch-column?{chosen}",
        "status_page_url": f"{links.status_page}/columns/{column}?{_stream()}",
    }


def of_stream(links: Links, name: AlertName) -> Mapping[str, str]:
    """Of an alert about a stream."""
    chosen = "&".join(f"var-{label}={_filled(label)}" for label in _STREAM)
    return {
        "runbook_url": _runbook(links, name),
        "dashboard_url": f"{links.dashboards}/d/driftwatch-overview?{chosen}",
        "status_page_url": f"{links.status_page}/?{_stream()}",
    }


def of_comparison(links: Links, name: AlertName) -> Mapping[str, str]:
    """Of an alert about two versions of a model."""
    chosen = "&".join(f"var-{label}={_filled(label)}" for label in ("model", "model_version"))
    return {
        "runbook_url": _runbook(links, name),
        "dashboard_url": f"{links.dashboards}/d/driftwatch-overview?{chosen}",
        "status_page_url": f"{links.status_page}/#comparisons",
    }


def of_process(links: Links, name: AlertName) -> Mapping[str, str]:
    """Of an alert about Driftwatch itself."""
    return {
        "runbook_url": _runbook(links, name),
        "dashboard_url": f"{links.dashboards}/d/driftwatch-itself",
        "status_page_url": f"{links.status_page}/",
    }


def _runbook(links: Links, name: AlertName) -> str:
    return f"{links.runbooks}/{name}"


def _stream() -> str:
    return "&".join(f"{label}={_filled(label)}" for label in _STREAM)


def _filled(label: str) -> str:
    return f"{{{{ $labels.{label} | urlquery }}}}"
