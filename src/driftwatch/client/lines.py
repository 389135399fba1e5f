"""A record of the serving log as a line of the format `json`."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple


class Record(NamedTuple):
    """What was logged, as it was handed in. timestamp: seconds since the epoch, or a datetime."""

    timestamp: Any
    features: Any
    predictions: Any
    request_id: str | None
    serving: Mapping[str, Any]


def line(record: Record, model: str, version: str) -> bytes:
    r"""The record as JSON with a newline; NaN and infinities as the tokens that Python writes.

    Raises TypeError, ValueError where there is something in it that JSON has nothing for.

    >>> line(Record(1.5, {"amount": float("nan")}, {"score": 0.5}, None, {}), "fraud", "3")
    b'{"ts":1.5,"model":"fraud","version":"3","features":{"amount":NaN},"predictions":{"score":0.5}}\n'
    """
    found: dict[str, Any] = {
        "ts": record.timestamp,
        "model": model,
        "version": version,
        "features": record.features,
        "predictions": record.predictions,
    }
    if record.request_id is not None:
        found["request_id"] = record.request_id
    if record.serving:
        found["serving"] = record.serving
    return json.dumps(found, separators=(",", ":"), default=_plain).encode() + b"\n"


def _plain(value: Any) -> Any:
    """What JSON has for a value of numpy, pandas, datetime and others, without importing them."""
    # A Series has names, which `tolist` would lose.
    for method in ("to_dict", "tolist", "isoformat"):
        convert = getattr(value, method, None)
        if convert is not None:
            return convert()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    if hasattr(value, "__float__"):  # Decimal, Fraction, a tensor of one number
        return float(value)
    raise TypeError(f"a {type(value).__name__} can't be written as JSON")
