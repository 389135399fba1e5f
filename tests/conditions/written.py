"""Random conditions, each written once for us and once for DuckDB, over one small table.

Both mean the same: DuckDB's own idea of what is no number (`1/0` is infinite there) is put right
by the macro `known`.
"""

from dataclasses import dataclass
from typing import Any

import duckdb
from hypothesis import strategies as st

from driftwatch.conditions import ColumnKind

KINDS: dict[str, ColumnKind] = {
    "amount": "numeric",
    "user.age": "numeric",
    "people": "numerals",
    "weather": "text",
    "city": "text",
    "member": "booleans",
}
NUMBERS = ("amount", '"user.age"', "user.age", "people")
DUCK_NAMES = {"user.age": '"user.age"'}
WORDS = ("", "a", "b", "ab", "Ab", "  a ", "a%b", "a_b", "sunny", "true", "3", "äö", "zz\nz")

Row = dict[str, Any]
rows = st.lists(
    st.fixed_dictionaries(
        {
            "amount": st.none() | st.sampled_from([-2.5, -1.0, 0.0, 0.5, 1.0, 2.5, 1e6, 12.345]),
            "user.age": st.none() | st.integers(-3, 3).map(float),
            "people": st.none() | st.integers(-2, 12),
            "weather": st.none() | st.sampled_from(WORDS),
            "city": st.none() | st.sampled_from(WORDS),
            "member": st.none() | st.booleans(),
        }
    ),
    min_size=1,
    max_size=12,
)


@dataclass(frozen=True)
class Written:
    """One expression. ours, duck: its two texts, each within brackets where that matters."""

    ours: str
    duck: str


def same(text: str) -> Written:
    return Written(text, text)


def joined(template: str, *parts: Written) -> Written:
    return Written(
        template.format(*(part.ours for part in parts)),
        template.format(*(part.duck for part in parts)),
    )


def known(template: str, *parts: Written) -> Written:
    """Of a number that DuckDB may find infinite, or not a number."""
    whole = joined(template, *parts)
    return Written(whole.ours, f"known({whole.duck})")


def number_literal(value: float) -> Written:
    return same(f"{abs(value)}e0" if value >= 0 else f"(-{abs(value)}e0)")


def text_literal(value: str) -> Written:
    return same("'" + value.replace("'", "''") + "'")


def extend_numbers(
    inner: st.SearchStrategy[Written], texts: st.SearchStrategy[Written]
) -> st.SearchStrategy[Written]:
    return st.one_of(
        st.builds(joined, st.sampled_from(["({} + {})", "({} - {})", "({} * {})"]), inner, inner),
        st.builds(
            known, st.sampled_from(["({} / {})", "({} % {})", "power({}, {})"]), inner, inner
        ),
        st.builds(
            known,
            st.sampled_from(
                ["abs({})", "floor({})", "ceil({})", "sqrt({})", "exp({})", "sign({})", "(-{})"]
            ),
            inner,
        ),
        st.builds(
            lambda name, value: Written(
                f"{name}({value.ours})",
                f"CASE WHEN {value.duck} > 0 THEN {name}({value.duck}) END",
            ),
            st.sampled_from(["ln", "log10"]),
            inner,
        ),
        st.builds(joined, st.sampled_from(["round({})", "round({}, 1)", "round({}, -1)"]), inner),
        st.builds(joined, st.just("length({})"), texts),
        st.builds(
            joined,
            st.sampled_from(
                ["greatest({}, {})", "least({}, {})", "coalesce({}, {})", "nullif({}, {})"]
            ),
            inner,
            inner,
        ),
    )


def extend_texts(inner: st.SearchStrategy[Written]) -> st.SearchStrategy[Written]:
    return st.one_of(
        st.builds(
            joined,
            st.sampled_from(
                [
                    "lower({})",
                    "trim({})",
                    "ltrim({})",
                    "rtrim({})",
                    "substr({}, 2)",
                    "substr({}, 1, 2)",
                    "substr({}, -2, 1)",
                    "left({}, 1)",
                    "right({}, 2)",
                ]
            ),
            inner,
        ),
        st.builds(
            joined,
            st.sampled_from(
                ["({} || {})", "greatest({}, {})", "least({}, {})", "coalesce({}, {})"]
            ),
            inner,
            inner,
        ),
        st.builds(joined, st.just("nullif({}, {})"), inner, inner),
    )


texts = st.recursive(
    st.sampled_from(["weather", "city"]).map(same) | st.sampled_from(WORDS).map(text_literal),
    extend_texts,
    max_leaves=4,
)
numbers = st.recursive(
    st.sampled_from(NUMBERS).map(lambda name: Written(name, DUCK_NAMES.get(name, name)))
    | st.sampled_from([-1.0, 0.0, 0.1, 1.0, 2.0, 2.5, 10.0]).map(number_literal),
    lambda inner: extend_numbers(inner, texts),
    max_leaves=5,
)
_comparisons = st.sampled_from(["=", "<>", "!=", "<", "<=", ">", ">="])
_patterns = st.text("ab%_Az", max_size=5).map(text_literal)


def _compared(sign: str, left: Written, right: Written) -> Written:
    return joined(f"({{}} {sign} {{}})", left, right)


def _listed(values: st.SearchStrategy[Written]) -> st.SearchStrategy[Written]:
    return st.lists(values | st.just(same("NULL")), min_size=1, max_size=4).map(
        lambda items: joined(", ".join(["{}"] * len(items)), *items)
    )


def _simple() -> st.SearchStrategy[Written]:
    both = [
        st.one_of(
            st.builds(_compared, _comparisons, values, values),
            st.builds(
                joined,
                st.sampled_from(["({} BETWEEN {} AND {})", "({} NOT BETWEEN {} AND {})"]),
                values,
                values,
                values,
            ),
            st.builds(
                joined,
                st.sampled_from(["({} IN ({}))", "({} NOT IN ({}))"]),
                values,
                _listed(values),
            ),
            st.builds(joined, st.sampled_from(["({} IS NULL)", "({} IS NOT NULL)"]), values),
        )
        for values in (numbers, texts)
    ]
    return st.one_of(
        *both,
        st.builds(joined, st.sampled_from(["({} LIKE {})", "({} NOT LIKE {})"]), texts, _patterns),
        st.builds(
            joined,
            st.sampled_from(["starts_with({}, {})", "ends_with({}, {})", "contains({}, {})"]),
            texts,
            texts,
        ),
        st.sampled_from(["member", "TRUE", "FALSE", "(member = TRUE)"]).map(same),
    )


def _extend(inner: st.SearchStrategy[Written]) -> st.SearchStrategy[Written]:
    return st.one_of(
        st.builds(
            joined, st.sampled_from(["({} AND {})", "({} OR {})", "({} = {})"]), inner, inner
        ),
        st.builds(
            joined, st.sampled_from(["({} AND {} AND {})", "({} OR {} OR {})"]), *[inner] * 3
        ),
        st.builds(
            joined,
            st.sampled_from(
                [
                    "(NOT {})",
                    "({} IS TRUE)",
                    "({} IS NOT TRUE)",
                    "({} IS FALSE)",
                    "({} IS NULL)",
                ]
            ),
            inner,
        ),
        st.builds(joined, st.just("(CASE WHEN {} THEN {} ELSE {} END)"), *[inner] * 3),
        st.builds(
            joined,
            st.just("(CASE WHEN {} THEN {} WHEN {} THEN {} END > 1)"),
            inner,
            numbers,
            inner,
            numbers,
        ),
        st.builds(joined, st.just("(CASE WHEN {} THEN {} END = 'a')"), inner, texts),
    )


conditions = st.recursive(_simple(), _extend, max_leaves=5)


class Duck:
    """DuckDB's answers."""

    def __init__(self) -> None:
        self._connection = duckdb.connect(":memory:", config={"threads": 1})
        # Version 2.0 fails within itself where it folds some constants.
        self._connection.execute("PRAGMA disable_optimizer")
        self._connection.execute(
            'CREATE TABLE log (row_number INTEGER, amount DOUBLE, "user.age" DOUBLE, '
            "people DOUBLE, weather VARCHAR, city VARCHAR, member BOOLEAN)"
        )
        self._connection.execute(
            "CREATE MACRO known(x) AS CASE WHEN isfinite(x::DOUBLE) THEN x::DOUBLE END"
        )

    def answers(self, condition: str, table: list[Row]) -> list[bool | None]:
        """One a row."""
        self._connection.execute("DELETE FROM log")
        self._connection.executemany(
            "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?)",
            [[at, *map(row.__getitem__, KINDS)] for at, row in enumerate(table)],
        )
        found = self._connection.execute(
            f"SELECT {condition} FROM log ORDER BY row_number"
        ).fetchall()
        return [answer for (answer,) in found]

    def close(self) -> None:
        self._connection.close()
