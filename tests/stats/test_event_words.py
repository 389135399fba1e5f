"""Events and shares as people read them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.sketch.layout import CategoricalLayout, NumericLayout, Role
from driftwatch.stats.event_words import event_words, number, score_words, share_words
from driftwatch.stats.events import Event, column_events
from tests.sketch.zoo import SHAPES, layout_of

LAYOUT = NumericLayout(
    "x", "feature", np.array([-5.0, 0.0, 3.0, np.nextafter(3.0, 4.0), 7.5, 12.4, 20.0]), 1, 6
)
"""From 0 to just below 20; 3 has a bin of its own."""
WORDS = CategoricalLayout("w", "feature", ("DE", " \x1b[31m", "x" * 99), np.empty(0, np.uint64))


def said(event: Event) -> tuple[str, str]:
    """In the open, and of a sensitive column."""
    return event_words(LAYOUT, event, True), event_words(LAYOUT, event, False)


def test_a_cut_is_named_by_its_edge() -> None:
    assert said(Event("below", 0, 6)) == ("values below 12.4", "the lowest values")
    assert said(Event("bin", 5, 8)) == ("values of 7.5 or more", "the highest values")


def test_a_cut_behind_a_value_of_its_own_is_named_by_that_value() -> None:
    assert said(Event("below", 0, 4))[0] == "values up to 3"
    assert said(Event("bin", 4, 8))[0] == "values above 3"
    assert said(Event("bin", 4, 6))[0] == "values between 3 and 12.4"


def test_a_large_whole_number_is_named_in_full_where_the_edge_behind_it_is_none() -> None:
    value = 123456789.0
    edges = np.array([0.0, value, np.nextafter(value, np.inf), 2e8])
    layout = NumericLayout("id", "feature", edges, 0, 3)
    assert event_words(layout, Event("below", 0, 3), True) == "values up to 123456789"


def test_a_bin_is_named_by_both_ends() -> None:
    assert said(Event("bin", 5, 6)) == ("values between 7.5 and 12.4", "values of one range")


def test_two_tails_are_named_by_what_lies_between_them() -> None:
    event = Event("outside", 4, 5, complement=True)
    assert said(event) == ("values outside 3 to 7.5", "values at both ends")


def test_of_two_tails_of_which_one_is_empty_the_other_is_named() -> None:
    assert said(Event("outside", 0, 5, complement=True))[0] == "values of 7.5 or more"
    assert said(Event("outside", 5, 8, complement=True))[0] == "values below 7.5"


def test_an_atom_is_named_by_its_value() -> None:
    assert said(Event("atom", 3, 4)) == ("the value 3", "one frequent value")
    assert said(Event("bin", 3, 4))[0] == "the value 3"


def test_the_ends_of_the_range_are_called_so_whichever_event_they_come_from() -> None:
    below = ("values below the training range (below 0)", "values below the training range")
    above = ("values above the training range (above 20)", "values above the training range")
    assert said(Event("below_range", 0, 2)) == said(Event("below", 0, 2)) == below
    assert said(Event("above_range", 7, 8)) == above
    within = "values not above the training range"
    assert said(Event("below", 0, 7)) == (f"{within} (up to 20)", within)


def test_two_values_that_differ_look_different() -> None:
    edges = np.array([0.0, 1000.00001, 1000.00002, 5000.0])
    layout = NumericLayout("x", "feature", edges, 0, 3)
    assert event_words(layout, Event("bin", 2, 3), True) == (
        "values between 1000.00001 and 1000.00002"
    )


def test_a_word_is_quoted_and_can_do_a_terminal_no_harm() -> None:
    assert event_words(WORDS, Event("word", 0, 1), True) == "the word 'DE'"
    assert event_words(WORDS, Event("word", 1, 2), True) == r"the word ' \x1b[31m'"
    assert event_words(WORDS, Event("word", 2, 3), True) == f"the word '{'x' * 29}...'"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("rest", "the rarer words of the vocabulary"),
        ("outside_vocabulary", "words outside the vocabulary"),
        ("new", "words never seen in training"),
        ("null", "null"),
        ("absent", "absent"),
        ("wrong_type", "wrong type"),
    ],
)
def test_what_has_no_value_is_said_alike_in_any_column(kind: str, words: str) -> None:
    event = Event(kind, 3, 4)  # type: ignore[arg-type]  # by name
    assert event_words(WORDS, event, True) == event_words(WORDS, event, False) == words


@pytest.mark.parametrize("shape", SHAPES)
def test_every_event_of_any_column_has_words_and_hides_its_values(shape: str) -> None:
    values = SHAPES[shape](np.random.default_rng(2), 3_000)
    layout = layout_of(values)
    cells = np.zeros(layout.size, dtype=np.int64)
    inside = np.searchsorted(layout.edges, values, side="right")
    cells[: layout.bins] = np.bincount(inside, minlength=layout.bins)
    for event in column_events(layout, cells).events:
        open_words = event_words(layout, event, True)
        assert "inf" not in open_words.replace("infinity", "")
        assert "nan" not in open_words
        assert not any(sign.isdigit() for sign in event_words(layout, event, False))


def test_of_a_sensitive_column_no_word_is_shown() -> None:
    assert event_words(WORDS, Event("word", 0, 1), False) == "one of the words"


def test_a_score_says_which_way_it_moved() -> None:
    assert [score_words(i, more) for i in (0, 1) for more in (True, False)] == [
        "values as a whole are higher",
        "values as a whole are lower",
        "values are spread wider",
        "values are spread narrower",
    ]


@given(st.floats(0.0, 1.0))
def test_a_share_reads_as_none_or_all_only_where_it_is(share: float) -> None:
    words = share_words(share)
    assert (words == "0%") == (share == 0.0)
    assert (words == "100%") == (share == 1.0)
    assert float(words.strip("<>%")) / 100.0 == pytest.approx(share, abs=0.0006)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_back_as_nearly_itself(x: float) -> None:
    assert float(number(x)) == pytest.approx(x, rel=1e-5)


@pytest.mark.parametrize(
    ("role", "words", "event", "said"),
    [
        ("segment", ("false", "true"), Event("word", 1, 2), "records in the segment"),
        ("segment", ("false", "true"), Event("word", 0, 1), "records outside of the segment"),
        ("rate", ("false", "true"), Event("word", 1, 2), "records for which it holds"),
        ("contract", ("true", "false"), Event("word", 1, 2), "records that break the rule"),
        # Training knew no record that breaks it: then breaking it is what is new.
        ("contract", ("true",), Event("new", 2, 3), "records that break the rule"),
        ("contract", ("false",), Event("new", 2, 3), "records that meet the rule"),
    ],
)
def test_of_a_condition_it_is_said_whether_it_holds(
    role: Role, words: tuple[str, ...], event: Event, said: str
) -> None:
    layout = CategoricalLayout(f"{role}.x", role, words, np.empty(0, np.uint64))
    assert event_words(layout, event, False) == said


def test_of_a_condition_it_is_said_where_nobody_knows() -> None:
    layout = CategoricalLayout("contract.x", "contract", ("true",), np.empty(0, np.uint64))
    assert "missing" in event_words(layout, Event("null", 3, 4), True)
