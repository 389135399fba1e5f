import pytest

from driftwatch.budget import parse_budget

MINUTE_US = 60_000_000


@pytest.mark.parametrize(
    ("text", "panes"),
    [
        ("1 per 30d", 43_200),
        ("2 per 7d", 5_040),
        ("1 per 1000h", 60_000),
        ("1 per 4w", 40_320),
        ("3 per 90m", 30),
        ("1 per 600s", 10),
        ("1 per 100000 panes", 100_000),
        (" 1  per  20 d ", 28_800),
    ],
)
def test_a_budget_is_so_many_panes(text: str, panes: float) -> None:
    assert parse_budget(text).panes(MINUTE_US) == panes


def test_panes_are_panes_whatever_their_length() -> None:
    assert parse_budget("1 per 500 panes").panes(1) == parse_budget("1 per 500 panes").panes(10**9)


@pytest.mark.parametrize(
    "text",
    ["", "never", "1", "1 per", "1 per d", "per 30d", "1 per 30y", "-1 per 30d", "1.5 per 30d",
     "0 per 30d", "1 per 0d", "1 per 30d x", "1 per 30", "\u0661 per 30d", "1" * 50 + " per 30d"],
)  # fmt: skip
def test_anything_else_is_an_error_that_says_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_budget(text)


def test_too_few_panes_are_an_error() -> None:
    with pytest.raises(ValueError, match="one false alarm in 5 panes, expected at least 10"):
        parse_budget("1 per 5m").panes(MINUTE_US)
