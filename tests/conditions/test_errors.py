"""A condition that can't be read says what is wrong and points at the place."""

import time

import pytest

from driftwatch.conditions import ColumnKind, ConditionError, parse_condition

KINDS: dict[str, ColumnKind] = {
    "age": "numeric",
    "user.age": "numeric",
    "embedding.3": "numeric",
    "people": "numerals",
    "weather": "text",
    "member": "booleans",
}


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("agee > 3", "agee", 'unknown column "agee"; did you mean "age"?'),
        ("age > 3 AND user.ag < 1", "user.ag", 'did you mean "user.age"?'),
        ('weather = "sunny"', '"sunny"', "a text stands in single quotes"),
        ("weather > 3", "3", '"weather" is a text and this is a number'),
        ("age = 'x'", "'x'", '"age" is a number and this is a text'),
        ("age IN (1, 'x')", "'x'", "this is a text"),
        ("people = 'x' AND age = weather", "weather", '"weather" is a text'),
        ("age BETWEEN 1 AND 'x'", "'x'", "this is a text"),
        ("age", "age", "expected true or false"),
        ("NOT age", "age", "expected true or false"),
        ("weather", "weather", "expected true or false"),
        ("weather + 1 > 2", "weather", "expected a number"),
        ("1 < age < 3", "3", "this is a truth value and this is a number"),
        ("member < TRUE", "member", "truth values have no order"),
        ("abz(age) > 1", "abz", 'unknown function "abz"; did you mean "abs"?'),
        ("abs(age, 3) > 1", "abs", '"abs" takes 1 argument, not 2'),
        ("nullif(age, 1, 2) > 1", "nullif", '"nullif" takes 2 arguments, not 3'),
        ("coalesce(age) > 1", "coalesce", '"coalesce" takes at least 2 arguments'),
        ("lower(age) = 'x'", "age", "expected a text"),
        ("round(age, 1.5) > 1", "1.5", "digits has to be a whole number"),
        ("substr(weather, 0) = 'x'", "0", "start has to be"),
        ("weather LIKE weather", "weather", "LIKE takes a pattern in single quotes"),
        ("weather LIKE 'a!b' ESCAPE '!'", "'a!b'", "the escape sign !"),
        ("weather LIKE 'a' ESCAPE 'xy'", "'xy'", "ESCAPE takes one character"),
        ("age > 1e999", "1e999", "this number is too large"),
        ("age >", ">", "something has to follow"),
        ("age > 3 4", "4", "can't read the condition from '4' on"),
        ("age::int > 3", "::", "can't read the condition"),
        ("(age > 3", "(", "this is never closed"),
        ("age > 3)", ")", "nothing is open"),
        ("weather = 'sunny", "'", "what begins with ' here is never closed"),
        ("age > 1 AND sum(age) OVER () > 2", "sum(age", "no part of a condition"),
        ("age IN (SELECT 1)", "age IN (SELECT 1", "IN takes a list"),
        ("age & 1 = 1", "age & 1", "no part of a condition"),
        ("CASE age WHEN 1 THEN TRUE END", "age WHEN 1", "CASE WHEN a condition"),
    ],
)
def test_the_message_points_at_the_place(text: str, place: str, problem: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse_condition(text, KINDS)
    error = caught.value
    assert problem in error.problem
    at = text[error.start : error.end]
    assert at.startswith(place)
    lines = str(error).splitlines()
    start = lines[-1].index("^")
    assert lines[-2][start : start + len(at)] == at
    assert lines[-1].strip() == "^" * len(at)


def test_in_a_long_text_only_the_surroundings_are_shown() -> None:
    text = "age > 1 AND " * 40 + "agee > 1" + " AND age > 1" * 40
    with pytest.raises(ConditionError) as caught:
        parse_condition(text, KINDS)
    _, line, carets = str(caught.value).splitlines()
    assert len(line) < 120
    assert line[carets.index("^") :].startswith("agee > 1")


def test_of_several_lines_the_one_with_the_place_is_shown() -> None:
    with pytest.raises(ConditionError) as caught:
        parse_condition("age > 1\n  AND agee > 1", KINDS)
    assert str(caught.value).splitlines()[1:] == ["    AND agee > 1", "        ^^^^"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "-- nothing",
        "(" * 3_000 + "age" + ")" * 3_000,
        "NOT " * 2_000 + "member",
        "- " * 3_000 + "age > 1",
        "abs(" * 1_000 + "age" + ")" * 1_000 + " > 1",
        "CASE WHEN member THEN " * 300 + "1" + " END" * 300 + " > 1",
        "age" + " + age" * 100 + " > 1",
        "'" * 9_999,
        "age > 1 " * 5_000,
        "[" * 2_000,
        "weather LIKE " * 500 + "'a'",
        "age BETWEEN " * 500,
    ],
    ids=lambda text: f"{text[:12]}-{len(text)}",
)
def test_what_is_too_long_or_too_deep_is_refused_at_once(text: str) -> None:
    began = time.process_time()
    with pytest.raises(ConditionError):
        parse_condition(text, KINDS)
    assert time.process_time() - began < 2.0


def test_brackets_may_be_twenty_deep_and_the_next_one_is_pointed_at() -> None:
    assert parse_condition("(" * 20 + "age > 1" + ")" * 20, KINDS).judge({"age": 2}) is True
    with pytest.raises(ConditionError, match="nested too deeply here") as caught:
        parse_condition("(" * 21 + "age > 1" + ")" * 21, KINDS)
    assert (caught.value.start, caught.value.end) == (20, 21)


def test_a_long_chain_is_no_depth() -> None:
    text = " OR ".join(f"age = {i}" for i in range(200))
    assert parse_condition(text, KINDS).judge({"age": 199}) is True
