from collections.abc import Sequence
from typing import Any, Self

from numpy import float64, int32, uint8
from numpy.typing import NDArray

class JsonReader:
    def __new__(
        cls,
        root: tuple[bool, list[tuple[bytes, str, Any]]],
        columns: tuple[int, int, int, int],
        *,
        most_bytes: int,
        most_nested: int,
    ) -> Self: ...
    def read(
        self,
        values: Sequence[bytes | None],
        numbers: NDArray[float64],
        told: NDArray[uint8],
        codes: NDArray[int32],
    ) -> tuple[list[int], list[list[bytes]], list[list[bytes | None]]]: ...

def nearest(digits: int, power: int, negative: bool = ...) -> float | None: ...
