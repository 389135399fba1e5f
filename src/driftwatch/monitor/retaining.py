"""How long panes are kept, and when they are rolled up into the blocks of long windows."""

from collections.abc import Iterable

from driftwatch.monitor.policy import MonitorPolicy
from driftwatch.monitor.stream import Stream
from driftwatch.protocol.checkpoint import Retention


def retention_of(streams: Iterable[Stream], policy: MonitorPolicy) -> Retention | None:
    """What may go: nothing that a pane still needs which is to be closed, however late.

    None where that is not known yet.
    """
    streams = list(streams)
    closed = [s.closed_until_us for s in streams if s.first_seen_us is not None]
    known = [until for until in closed if until is not None]
    if not known or len(known) < len(closed):
        return None
    closed_us = min(known)
    windows = [w for stream in streams for w in stream.policy.windows]
    pane = policy.fate.pane_us
    fine = max((w.length_us for w in windows if w.block_us == pane), default=0)
    blocks = [w.block_us for w in windows if w.block_us > pane]
    kept_us = max(policy.history_us, max((w.length_us for w in windows), default=0))
    if not blocks:
        return Retention(0, pane, closed_us - kept_us)
    block = min(blocks)
    fine_until = closed_us - fine - policy.fate.lateness_us - block
    return Retention(
        # A whole number of blocks, so that none ever stands beside panes of its own time.
        roll_up_before_us=fine_until - fine_until % block,
        block_us=block,
        drop_before_us=closed_us - kept_us - max(blocks),
    )
