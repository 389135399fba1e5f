"""The tensors of the V2 inference protocol (also known as the Open Inference Protocol).

A tensor `{"name", "shape", "datatype", "data"}` holds a batch of `shape[0]` instances. Its data may
be flat or nested; or not be in the JSON at all but behind it, little-endian, as many bytes as
`parameters.binary_data_size` says.
"""

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from driftwatch.decode.events.message import MAX_INSTANCES, UnreadableError
from driftwatch.decode.events.naming import named, vector

_TYPES = {
    "BOOL": "?",
    **{f"UINT{8 * size}": f"<u{size}" for size in (1, 2, 4, 8)},
    **{f"INT{8 * size}": f"<i{size}" for size in (1, 2, 4, 8)},
    **{f"FP{8 * size}": f"<f{size}" for size in (2, 4, 8)},
}
_MAX_DIMENSIONS = 16


class _Tensor(NamedTuple):
    """values: one an instance, each a value alone or a list of them."""

    name: str
    values: list[Any]
    width: int


def rows_of(
    tensors: Any, binary: bytes | None, names: Sequence[str], otherwise: str
) -> list[dict[str, Any]]:
    """The columns of each instance in some tensors.

    A tensor of one value an instance is the column of its name, one of several is `name.0`,
    `name.1` and so on. names: of the columns of a tensor that stands alone and has as many, where a
    configuration gives them. otherwise: what a tensor without a name is called. binary: what stands
    behind the JSON; None where nobody said that something does. Raises UnreadableError:
    `unparsable`, `binary_tensor`, and `shape_mismatch` for data that does not fit its shape.

    >>> tensor = {"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [1, 2, 3, 4]}
    >>> rows_of([tensor], None, [], "feature")
    [{'x': [1, 2]}, {'x': [3, 4]}]
    >>> rows_of([tensor], None, ["a", "b"], "feature")
    [{'a': 1, 'b': 2}, {'a': 3, 'b': 4}]
    """
    if not isinstance(tensors, list):
        raise UnreadableError("unparsable")
    read: list[_Tensor] = []
    for tensor in tensors:
        found, binary = _tensor(tensor, binary, otherwise)
        read.append(found)
    if not read or len({len(tensor.values) for tensor in read}) != 1:
        raise UnreadableError("shape_mismatch" if read else "unparsable")
    if len(read) == 1 and names:
        return [named(value, names, otherwise) for value in read[0].values]
    columns = [list(map(vector, tensor.values)) for tensor in read]
    own = [tensor.name for tensor in read]
    return [dict(zip(own, values, strict=True)) for values in zip(*columns, strict=True)]


def _tensor(tensor: Any, binary: bytes | None, otherwise: str) -> tuple[_Tensor, bytes | None]:
    """A tensor, and what of the binary data is behind it."""
    if not isinstance(tensor, dict):
        raise UnreadableError("unparsable")
    name, shape = tensor.get("name"), tensor.get("shape")
    parameters = tensor.get("parameters")
    size = parameters.get("binary_data_size") if isinstance(parameters, dict) else None
    if "data" in tensor:
        data = _flat(tensor["data"])
        if tensor.get("datatype") == "BOOL":
            data = [bool(v) if type(v) is int and v in (0, 1) else v for v in data]
    elif binary is None or not isinstance(size, int) or not 0 <= size <= len(binary):
        raise UnreadableError("binary_tensor" if size is not None else "unparsable")
    else:
        data, binary = _unpacked(binary[:size], tensor.get("datatype")), binary[size:]
    if shape is None:
        shape = [len(tensor["data"] if isinstance(tensor.get("data"), list) else data), -1]
    rows, width = _extent(shape, len(data))
    if width == 1:
        values = data
    else:
        values = [data[start : start + width] for start in range(0, rows * width, width)]
    return _Tensor(name if isinstance(name, str) and name else otherwise, values, width), binary


def _extent(shape: Any, count: int) -> tuple[int, int]:
    """How many instances a tensor has, and how many values each."""
    if not isinstance(shape, list) or len(shape) > _MAX_DIMENSIONS:
        raise UnreadableError("unparsable")
    if not all(type(extent) is int for extent in shape):
        raise UnreadableError("unparsable")
    rows = shape[0] if shape else 1
    if count == 0:
        raise UnreadableError("unparsable")
    if rows < 1 or count % rows or (shape[1:] != [-1] and rows * prod(shape[1:]) != count):
        raise UnreadableError("shape_mismatch")
    if rows > MAX_INSTANCES:
        raise UnreadableError("too_large")
    return rows, count // rows


def _flat(data: Any) -> list[Any]:
    """The values of nested lists, in order. Not by recursion: depth must not cost stack."""
    if not isinstance(data, list):
        return [data]
    if list not in set(map(type, data)):
        return data
    flat: list[Any] = []
    stack = [iter(data)]
    while stack:
        for item in stack[-1]:
            if isinstance(item, list):
                stack.append(iter(item))
                break
            flat.append(item)
        else:
            stack.pop()
    return flat


def _unpacked(data: bytes, datatype: Any) -> list[Any]:
    """Values of a binary tensor."""
    if datatype == "BYTES":
        return _texts(data)
    if datatype not in _TYPES:
        raise UnreadableError("binary_tensor")
    kind = np.dtype(_TYPES[datatype])
    if len(data) % kind.itemsize:
        raise UnreadableError("shape_mismatch")
    values: list[Any] = np.frombuffer(data, dtype=kind).tolist()
    return values


def _texts(data: bytes) -> list[Any]:
    """Texts with their lengths before them (four bytes); what is no UTF-8 is of the wrong type."""
    found: list[Any] = []
    at = 0
    while at < len(data):
        begin = at + 4
        at = begin + int.from_bytes(data[at:begin], "little")
        if begin > len(data) or at > len(data):
            raise UnreadableError("shape_mismatch")
        try:
            found.append(data[begin:at].decode())
        except UnicodeDecodeError:
            found.append([])  # of the wrong type, whatever the column
    return found
