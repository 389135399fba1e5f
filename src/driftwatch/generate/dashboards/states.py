"""What the numbers of `promql.verdict` are called, and streams and columns."""

from driftwatch.export.values import EXPLANATION
from driftwatch.generate.dashboards.colours import BLIND, GREEN, RED, YELLOW, Meaning

SENTENCES = (
    Meaning(0, "Nothing drifts", GREEN),
    Meaning(1, "Warming up; no drift yet", BLIND),
    Meaning(2, "Info: something moved", YELLOW, to=3),
    Meaning(4, "Blind: can't tell", BLIND, to=5),
    Meaning(6, "Info; and blind", BLIND, to=7),
    Meaning(8, "Drift", RED, to=11),
    Meaning(12, "Drift; and blind", RED, to=15),
)
"""For one large panel: short, so that they can be read from afar."""

STATES = (
    Meaning(0, "ok", GREEN),
    Meaning(1, "warming up", BLIND),
    Meaning(2, "info", YELLOW, to=3),
    Meaning(4, "blind", BLIND, to=5),
    Meaning(6, "info, blind", BLIND, to=7),
    Meaning(8, "page", RED, to=11),
    Meaning(12, "page, blind", RED, to=15),
)
"""For a bar or a cell."""

YES = Meaning(1, "blind", BLIND)
NO = Meaning(0, "sees", GREEN)

STREAM_NAME = "{{model}} {{model_version}}, {{segment}}"
COLUMN_NAME = "{{column}} ({{model}} {{model_version}}, {{segment}})"
"""What a series is called where there may be several models."""

LOOKS_LIKE = tuple(Meaning(kind, words) for kind, words in EXPLANATION.items())
"""The kinds of explanations."""
