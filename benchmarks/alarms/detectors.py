"""The detectors in the order in which they are shown, and who brings them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Detector:
    """One way to raise an alarm.

    peer: the process that runs it. default: what it is at its defaults.
    """

    peer: str
    title: str
    default: str


@dataclass(frozen=True, slots=True)
class Size:
    """How much of a suite a peer is given."""

    copies: int
    panes: int


@dataclass(frozen=True, slots=True)
class Peer:
    """A process.

    module: what is run. venv: whether it has a virtual environment of its own, by its own name;
    else it runs in the project's. null, drift: how much it is given. baselines: of how many rows.
    """

    module: str
    venv: bool
    null: Size
    drift: Size
    baselines: tuple[int, ...] = (50_000, 5_000)


COLUMNS = 200
"""Driftwatch watches so many columns at once, and shares its budget among them."""
BUDGET_PANES = 43_200
"""30 days of panes of one minute."""
TOLERANCE = 0.03
LIMIT = 250

TUNING = Size(4, 1_440)
"""What no detector's threshold is raised on more than."""

PEERS = {
    "alibi": Peer(
        "benchmarks.alarms.peers.with_alibi", True, Size(1, 720), Size(3, LIMIT), (5_000,)
    ),
    "driftwatch": Peer("benchmarks.alarms.driftwatch", False, Size(22, 10_080), Size(20, LIMIT)),
    "evidently": Peer("benchmarks.alarms.peers.with_evidently", True, Size(2, 720), Size(5, LIMIT)),
    "river": Peer("benchmarks.alarms.peers.with_river", True, Size(4, 1_440), Size(10, LIMIT)),
    "whylogs": Peer("benchmarks.alarms.peers.with_whylogs", True, Size(2, 720), Size(7, LIMIT)),
    "nannyml": Peer("benchmarks.alarms.peers.with_nannyml", True, Size(4, 1_440), Size(20, LIMIT)),
    "rules": Peer("benchmarks.alarms.peers.rules", False, Size(4, 1_440), Size(20, LIMIT)),
}
"""Those that take longest first."""

DETECTORS = {
    "driftwatch_page": Detector(
        "driftwatch", "Driftwatch `page`", "1 per 30d over 200 columns, tolerance 0.03"
    ),
    "driftwatch_info": Detector("driftwatch", "Driftwatch `info`", "the same budget, no tolerance"),
    "driftwatch_page_untimed": Detector(
        "driftwatch", "Driftwatch `page`, no times", "the baseline's rows have no times"
    ),
    "driftwatch_info_untimed": Detector("driftwatch", "Driftwatch `info`, no times", "the same"),
    "psi_10": Detector("rules", "PSI > 0.1", "tenths or words, nulls a cell of their own"),
    "psi_25": Detector("rules", "PSI > 0.25", "the same"),
    "ks_05": Detector("rules", "KS p < 0.05", "numbers only"),
    "ks_bonferroni": Detector("rules", "KS p < 0.05 / 200", "Bonferroni over 200 columns"),
    "ks_budget": Detector(
        "rules", "KS p < 1.2e-7", "Bonferroni over 200 columns and the panes of 30 days"
    ),
    "evidently": Detector(
        "evidently", "Evidently", "Wasserstein or Jensen-Shannon distance at 0.1 or more"
    ),
    "nannyml": Detector(
        "nannyml", "NannyML", "Jensen-Shannon distance above mean + 3 sd of the baseline's chunks"
    ),
    "whylogs": Detector("whylogs", "whylogs", "KS or chi-square p < 0.05, on sketches"),
    "adwin": Detector("river", "River ADWIN", "delta 0.002; numbers only"),
    "page_hinkley": Detector("river", "River Page-Hinkley", "threshold 50; numbers only"),
    "cvm_online": Detector(
        "alibi",
        "Alibi Detect online CVM",
        "windows of 20 and 40, expected run of 150 rows; numbers only",
    ),
}
