"""The real Prometheus scrapes the real server."""

from prometheus_client.parser import text_string_to_metric_families

from driftwatch.export.facts import ProcessFacts
from driftwatch.monitor.report import Column
from tests.conftest import StartPrometheus
from tests.export.reports import AMOUNT, NOW_US, report, stream
from tests.web.site import Site, serving

WEIRD = 'say "hi" \\ to\nünï·code 🦉'


def test_prometheus_takes_every_series_with_its_labels(prometheus: StartPrometheus) -> None:
    columns = (AMOUNT, Column(WEIRD, "feature", "categorical"))
    with serving(Site()) as site:
        found = report(stream(columns=columns, raised={("page", 1): NOW_US}))
        site.exporter.publish(found, ProcessFacts(), site.now)
        page = site.ask("/metrics").text
        series = sum(len(family.samples) for family in text_string_to_metric_families(page))
        server = prometheus(f"127.0.0.1:{site.port}")
        (count,) = server.wait_for("scrape_samples_scraped > 0")
        assert count.value == series
        (alarm,) = server.query("driftwatch_drift_alarm == 1")
        assert (alarm.labels["column"], alarm.labels["severity"]) == (WEIRD, "page")
