from numpy import float64, int64, uint8
from numpy.typing import NDArray

def count_numbers(
    values: NDArray[float64],
    missing: NDArray[uint8] | None,
    edges: list[NDArray[float64]],
    out: list[NDArray[int64]],
) -> None: ...
