"""Ways from the bytes of records to a frame of pandas."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]

from benchmarks.throughput.peers.decoding import Decode, by_arrow, by_msgspec, by_orjson
from benchmarks.throughput.shapes import Shape

ToFrame = Callable[[Sequence[bytes]], Any]


def frames(shape: Shape) -> Mapping[str, ToFrame]:
    """By way of each of the decoders."""
    arrow = by_arrow(shape)
    return {
        "pyarrow": lambda values: arrow(values).to_pandas(),
        "orjson": _of_lists(by_orjson(shape)),
        "msgspec": _of_lists(by_msgspec(shape)),
    }


def _of_lists(decode: Decode) -> ToFrame:
    return lambda values: pd.DataFrame(decode(values))
