"""The first page: its rows, their order, and what a filter leaves."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from driftwatch.records import StreamKey
from driftwatch.web.pages.filter import Filter
from driftwatch.web.pages.overview import overview
from driftwatch.web.pages.render import render
from tests.export.reports import AMOUNT, COUNTRY, NOW_US, SCORE, pictures, report, stream

EVERY = Filter()
THREE = (AMOUNT, COUNTRY, SCORE)


def names(wanted: Filter, found: object = None) -> list[str]:
    shown = found or report(
        stream(columns=THREE, raised={("page", 2): NOW_US, ("info", 1): NOW_US})
    )
    return [row.name for row in overview(shown, wanted).columns]  # type: ignore[arg-type]


def test_what_pages_comes_first_and_then_the_most_evidence() -> None:
    evidence = np.array([[0.0, 0.1, 0.9], [0.3, np.nan, 0.7]])
    shown = report(stream(columns=THREE, evidence=evidence, raised={("page", 0): NOW_US}))
    assert names(EVERY, shown) == ["amount", "score", "country"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["score", "country", "amount"]),
        ({"q": "CO"}, ["score", "country"]),
        ({"state": "page"}, ["score"]),
        ({"state": "drifting"}, ["score", "country"]),
        ({"state": "ok"}, ["amount"]),
        ({"role": "prediction"}, ["score"]),
        ({"model": "other"}, []),
        ({"model": "fraud", "model_version": "3", "segment": "all", "q": " amount "}, ["amount"]),
    ],
)
def test_a_filter_leaves_what_was_asked_for(query: dict[str, str], expected: list[str]) -> None:
    assert names(Filter.asked(query)) == expected


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "ok"),
        ({"raised": {("info", 0): NOW_US}}, "info"),
        ({"blind": {"gap": "-"}}, "blind"),
        ({"blind": {"gap": "-"}, "raised": {("page", 0): NOW_US}}, "page"),
        ({"blind": {"warming_up": "-"}}, "warming up"),
        ({"retired": True}, "retired"),
    ],
)
def test_a_stream_says_how_it_stands(changes: dict[str, Any], state: str) -> None:
    (row,) = overview(report(stream(**changes)), EVERY).streams
    assert row.state == state


def test_no_column_of_a_blind_stream_is_called_well() -> None:
    blind = stream(columns=THREE, blind={"gap": "-"}, raised={("page", 2): NOW_US})
    tags = {row.name: row.tag for row in overview(report(blind), EVERY).columns}
    assert tags == {"amount": "blind", "country": "blind", "score": "page"}


def test_a_model_without_a_baseline_has_a_row_and_no_columns() -> None:
    bare = stream(StreamKey("new", ""), (), (), blind={"no_baseline": "model new has no baseline"})
    text = render("overview.html", page=overview(report(bare), EVERY))
    assert "model new has no baseline (no_baseline)" in text


def test_names_and_words_of_records_are_text_and_no_markup() -> None:
    evil = replace(AMOUNT, name="<b>\"'&</b>")
    shown = report(
        stream(columns=(evil,), blind={"gap": "<script>"}, pictures=pictures((evil,))),
        unknown_columns=("<img src=x>",),
    )
    text = render("overview.html", page=overview(shown, Filter(q="<i>")))
    assert not any(mark in text for mark in ("<b>", "<script>", "<img", "<i>"))


def test_five_hundred_columns_are_a_page_of_less_than_half_a_megabyte() -> None:
    columns = [replace(AMOUNT, name=f"column_{i}") for i in range(500)]
    text = render("overview.html", page=overview(report(stream(columns=columns)), EVERY))
    assert text.count("data-column=") == 500
    assert len(text) < 500_000
