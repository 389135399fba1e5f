"""Arrow's columns as the cells that the same data would have as JSON.

A struct becomes a column a field, a list of numbers a column an element (`driftwatch.flatten`);
decimals are numbers, times and dates are texts in ISO 8601. Needs the `baseline` extra.
"""

from collections.abc import Container, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from driftwatch.baseline.cells import EXACT_INTEGERS, Values, objects, values_of
from driftwatch.flatten import MAX_VECTOR
from driftwatch.records import BoolArray, FloatArray, Status, StatusArray
from driftwatch.sketch.vocabulary import category_text


def columns_of(batch: Any, without: Container[str] = ()) -> dict[str, Values]:
    """The columns of a `pyarrow.RecordBatch` by dotted name; a nested one wins over a flat one.

    without: names of what is left out.
    """
    flat: dict[str, Values] = {}
    nested: dict[str, Values] = {}
    for field, array in zip(batch.schema, batch.columns, strict=True):
        for name, values in _leaves(field.name, _plain(array), without):
            (flat if name == field.name else nested)[name] = values
    return flat | nested


def raw_of(batch: Any, names: Container[str]) -> dict[str, list[Any]]:
    """What stands at these dotted names, as JSON would have it, whatever it is."""
    flat: dict[str, list[Any]] = {}
    nested: dict[str, list[Any]] = {}
    stack = [(field.name, array) for field, array in zip(batch.schema, batch.columns, strict=True)]
    for name, stored in stack:  # which grows
        array = _plain(stored)
        if name in names:
            (flat if name in batch.schema.names else nested)[name] = _json_values(array)
        elif pt.is_struct(array.type):
            fields = zip(array.type, array.flatten(), strict=True)
            stack.extend((f"{name}.{field.name}", child) for field, child in fields)
    return flat | nested


def _json_values(array: Any) -> list[Any]:
    kind = array.type
    if _is_list(kind) and _is_number(kind.value_type):  # as the general way, but much faster
        lists = array.cast(pa.large_list(kind.value_type))
        offsets, numbers = lists.offsets.tolist(), _json_values(lists.values)
        bounds = zip(offsets, offsets[1:], _nulls(lists).tolist(), strict=False)
        return [None if null else numbers[start:end] for start, end, null in bounds]
    if pt.is_floating(kind) and not array.null_count:
        return _floats(array).tolist()  # type: ignore[no-any-return]
    if pt.is_timestamp(kind):
        values = _leaf(array)
        words: list[str | None] = [*values.words, None]
        return [words[code] for code in values.codes] if values.codes is not None else []
    return [_json(value) for value in array.to_pylist(maps_as_pydicts="lossy")]


def _json(value: Any) -> Any:
    if isinstance(value, list):
        return [_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return (
        {} if isinstance(value, bytes) else value
    )  # JSON has no bytes; they are no number or text


def _plain(array: Any) -> Any:
    """The array without what only says how it is stored."""
    while True:
        kind = array.type
        if isinstance(kind, pa.BaseExtensionType):
            array = array.storage
        elif pt.is_run_end_encoded(kind):
            array = pc.run_end_decode(array)
        elif pt.is_dictionary(kind) and not _is_text(kind.value_type):
            array = array.dictionary_decode()
        else:
            return array


def _leaves(name: str, array: Any, without: Container[str]) -> Iterator[tuple[str, Values]]:
    kind = array.type
    if name in without:
        return
    if pt.is_struct(kind) and kind.num_fields:
        for field, child in zip(kind, array.flatten(), strict=True):  # null where the struct is
            yield from _leaves(f"{name}.{field.name}", _plain(child), without)
    elif _is_list(kind) and _is_number(kind.value_type):
        yield from _elements(name, array.cast(pa.large_list(kind.value_type)))
    else:
        yield name, _leaf(array)


def _elements(name: str, array: Any) -> Iterator[tuple[str, Values]]:
    null = _nulls(array)
    offsets = array.offsets.to_numpy()
    lengths = np.where(null, 0, np.diff(offsets))
    items = _leaf(array.values)
    if not lengths.all():
        status = np.where(null, Status.NULL, Status.ABSENT).astype(np.uint8)
        status[(lengths == 0) & ~null] = Status.WRONG_TYPE  # `[]` is no vector
        yield name, Values(status)
    for i in range(min(int(lengths.max(initial=0)), MAX_VECTOR)):
        there = lengths > i
        at = offsets[:-1][there] + i
        status = np.full(len(array), Status.ABSENT, dtype=np.uint8)
        status[there] = items.status[at]
        numbers = np.full(len(array), np.nan)
        if items.numbers is not None:
            numbers[there] = items.numbers[at]
        exact = None
        if items.exact is not None:
            exact = objects([0] * len(array))
            exact[there] = items.exact[at]
        yield f"{name}.{i}", Values(status, numbers, integral=items.integral, exact=exact)


def _leaf(array: Any) -> Values:
    kind = array.type
    status = _nulls(array).astype(np.uint8)  # NULL is 1
    if pt.is_dictionary(kind):
        return _words(array, status)
    if _is_text(kind):
        return _words(array.dictionary_encode(), status)
    if pt.is_boolean(kind):
        codes = array.fill_null(False).to_numpy(zero_copy_only=False).astype(np.int32)
        codes[status > 0] = -1
        return Values(status, codes=codes, words=("false", "true"))
    if _is_number(kind):
        return _numbers(array, status)
    if pt.is_duration(kind):
        return _leaf(array.cast(pa.int64()))
    if pt.is_timestamp(kind):
        local = array.view(pa.timestamp(kind.unit)).cast(pa.string())
        text = pc.replace_substring(local, " ", "T", max_replacements=1)
        return _leaf(text if kind.tz is None else pc.binary_join_element_wise(text, "Z", ""))
    if pt.is_date(kind) or pt.is_time(kind):
        return _leaf(array.cast(pa.string()))
    return values_of([None if item is None else [] for item in array.to_pylist()])


def _words(array: Any, status: StatusArray) -> Values:
    codes = array.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    words = ["" if word is None else category_text(word) for word in array.dictionary.to_pylist()]
    codes[status > 0] = -1
    return Values(status, codes=codes, words=words)


def _numbers(array: Any, status: StatusArray) -> Values:
    kind = array.type
    if pt.is_null(kind):
        return Values(np.full(len(array), Status.NULL, dtype=np.uint8))
    if pt.is_decimal(kind):
        numbers = np.array(array.cast(pa.float64()).fill_null(np.nan).to_numpy())
        integral, source = kind.scale <= 0, array
    elif pt.is_floating(kind):
        numbers = _floats(array)
        integral, source = False, array
    else:
        source = array.fill_null(0)
        numbers = source.to_numpy(zero_copy_only=False).astype(np.float64)
        integral = True
    exact = None
    with np.errstate(invalid="ignore"):
        if integral and (np.abs(numbers) >= EXACT_INTEGERS).any():
            exact = objects([int(item or 0) for item in source.to_pylist()])
    numbers[status > 0] = np.nan
    return Values(status, numbers, integral=integral, exact=exact)


def _floats(array: Any) -> FloatArray:
    found: FloatArray
    if pt.is_float16(array.type):
        half = array.to_numpy(zero_copy_only=False).astype(np.float32)
        found = half.astype(np.float64)
    else:
        found = array.fill_null(np.nan).to_numpy(zero_copy_only=False).astype(np.float64)
    return found


def _nulls(array: Any) -> BoolArray:
    nulls: BoolArray = array.is_null().to_numpy(zero_copy_only=False)
    return nulls


def _is_text(kind: Any) -> bool:
    return bool(pt.is_string(kind) or pt.is_large_string(kind) or pt.is_string_view(kind))


def _is_number(kind: Any) -> bool:
    return bool(
        pt.is_integer(kind) or pt.is_floating(kind) or pt.is_decimal(kind) or pt.is_null(kind)
    )


def _is_list(kind: Any) -> bool:
    return bool(
        pt.is_list(kind)
        or pt.is_large_list(kind)
        or pt.is_fixed_size_list(kind)
        or pt.is_list_view(kind)
        or pt.is_large_list_view(kind)
    )
