"""How time passes for the streams, and what makes them blind."""

from dataclasses import dataclass, field

from driftwatch.monitor.blindness import BlindPolicy
from driftwatch.monitor.fate import FatePolicy
from driftwatch.monitor.joins import JoinPolicy
from driftwatch.monitor.report import NO_BUDGET, Budget


@dataclass(frozen=True, slots=True)
class MonitorPolicy:
    """How time passes for the streams.

    fate: how records are judged. idle_after_us: how long a partition that is read to its end holds
    the watermark back. history_us: how long panes are kept. blind: what makes a stream blind.
    budget: how that of the alarms is shared out. joins: which halves of pairs wait for each other.
    """

    fate: FatePolicy
    idle_after_us: int
    history_us: int
    blind: BlindPolicy
    budget: Budget = NO_BUDGET
    joins: JoinPolicy = field(default_factory=JoinPolicy)
