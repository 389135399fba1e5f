"""Versions of a model that nobody asks any more."""

from collections.abc import Mapping

from driftwatch.monitor.stream import Stream
from driftwatch.records import WHOLE, StreamKey


def find_retired(streams: Mapping[StreamKey, Stream], end_us: int) -> frozenset[StreamKey]:
    """Streams without a record for the longest window while their model has records.

    They count as retired once the others have been watched for that long: a version that is new, or
    not there yet, is none of theirs. Nothing is retired where a model is silent as a whole, and a
    segment only with its version.

    end_us: where the windows end.
    """
    silent = {
        key for key, stream in streams.items() if key.segment == WHOLE and stream.is_silent(end_us)
    }
    watched = {
        key.model
        for key, stream in streams.items()
        if key.segment == WHOLE
        and key not in silent
        and stream.first_seen_us is not None
        and end_us - stream.first_seen_us >= stream.policy.windows[-1].length_us
    }
    return frozenset(key for key in streams if key.whole in silent and key.model in watched)
