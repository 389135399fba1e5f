"""A table is judged as its rows are, one by one."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.contract import Contract
from tests.contract.orders import orders, orders_baseline

SCHEMA = pa.schema(
    [
        ("user", pa.struct([("age", pa.float64())])),
        ("country", pa.string()),
        ("items", pa.int64()),
        ("amount", pa.float64()),
        ("vector", pa.list_(pa.float64())),
        ("member", pa.bool_()),
        ("coupon", pa.string()),
        ("note", pa.string()),
        ("score", pa.float64()),
    ]
)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "user": st.fixed_dictionaries({"age": st.none() | st.floats(0, 120)}),
            "country": st.sampled_from(["DE", "FR", "XX", None]),
            "items": st.none() | st.integers(-2, 12),
            "amount": st.none() | st.floats(),
            "vector": st.lists(st.floats(-9, 9), min_size=2, max_size=2),
            "member": st.none() | st.booleans(),
            "coupon": st.sampled_from(["A", "C", None]),
            "note": st.none() | st.text("ab ", max_size=40),
            "score": st.none() | st.floats(-1, 2),
        }
    ),
    min_size=1,
    max_size=5,
)


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.from_baseline(orders_baseline())


@settings(max_examples=25)
@given(rows)
def test_an_arrow_table_is_judged_as_its_rows_are(
    contract: Contract, data: list[dict[str, Any]]
) -> None:
    verdicts = contract.check(pa.Table.from_pylist(data, schema=SCHEMA))
    singly = [contract.check(row) for row in data]
    assert list(verdicts) == singly
    assert verdicts.ok.tolist() == [v.ok for v in singly]
    assert verdicts.distance.tolist() == [v.distance for v in singly]


def test_a_pandas_frame_is_judged_as_its_rows_are(contract: Contract) -> None:
    data = orders(50, 4)
    data[3]["country"] = data[4]["coupon"] = None
    data[5]["amount"] = 1e6
    frame = pd.DataFrame(data, index=np.arange(100, 150))
    verdicts = contract.check(frame)
    assert len(verdicts) == 50
    assert list(verdicts) == [contract.check(row) for row in data]
    assert [v.unknown for v in verdicts if v.unknown] == [("known_country",)]
    assert verdicts[5].failed == ("priced",)


def test_a_column_that_a_table_lacks_is_missing(contract: Contract) -> None:
    verdicts = contract.check(pa.table({"amount": [5.0, 6.0]}))
    assert verdicts[1] == contract.check({"amount": 6.0})


def test_a_column_of_another_type_is_of_the_wrong_type(contract: Contract) -> None:
    verdicts = contract.check(pa.table({"amount": ["5", "x"], "country": [[1], [2]]}))
    single = contract.check({"amount": "x", "country": [2]})
    assert verdicts[1] == single
    assert {o.column for o in single.outside if o.how == "wrong_type"} == {"amount"}


def test_a_table_without_rows_has_no_verdicts(contract: Contract) -> None:
    assert list(contract.check(SCHEMA.empty_table())) == []
