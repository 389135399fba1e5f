"""Apache DataSketches by hand: KLL for numbers, frequent items for words, PSI over the tenths.

The sketches of a batch are new ones; the baseline's tenths and words are kept.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from datasketches import (  # type: ignore[import-not-found,import-untyped,unused-ignore]
    frequent_items_error_type,
    frequent_strings_sketch,
    kll_floats_sketch,
)

from benchmarks.throughput.peers.decoding import Decode, by_arrow, by_msgspec, by_orjson
from benchmarks.throughput.peers.protocol import Package, Train, Way, run
from benchmarks.throughput.peers.shares import psi
from benchmarks.throughput.shapes import Shape

K = 200
LARGEST_MAP = 6
"""Log of the places in the map of frequent items."""


def make(train: Train, shape: Shape) -> Mapping[str, Way]:
    """Update sketches, ask them for the baseline's cells."""
    edges = {n: np.quantile(train[n], np.arange(1, 10) / 10).tolist() for n in shape.numbers}
    known = {n: Counter(train[n]) for n in shape.words}
    flat = np.full(10, 0.1)

    def compare(decode: Decode, *, is_arrow: bool) -> Way:
        def way(values: Sequence[bytes]) -> Mapping[str, float]:
            columns, found = decode(values), {}
            for name, cuts in edges.items():
                column = columns[name]
                numbers = column.to_numpy() if is_arrow else np.array(column)
                sketch = kll_floats_sketch(K)
                sketch.update(numbers.astype(np.float32))
                found[name] = psi(np.array(sketch.get_pmf(cuts)), flat)
            for name, words in known.items():
                items, column = frequent_strings_sketch(LARGEST_MAP), columns[name]
                update = items.update
                for word in column.to_pylist() if is_arrow else column:
                    update(word)
                best = items.get_frequent_items(frequent_items_error_type.NO_FALSE_NEGATIVES)
                live = Counter({item[0]: item[1] for item in best})
                each = words.keys() | live.keys()
                found[name] = psi(
                    np.array([live[w] for w in each]), np.array([words[w] for w in each])
                )
            return found

        return way

    return {
        "orjson": compare(by_orjson(shape), is_arrow=False),
        "msgspec": compare(by_msgspec(shape), is_arrow=False),
        "pyarrow": compare(by_arrow(shape), is_arrow=True),
    }


if __name__ == "__main__":
    run(make, Package("datasketches"))
