"""From the text of a condition to sqlglot's tree, and back from a part of it to its place.

Of the grammar only what most dialects of SQL share is left: every call of a function is a name with
arguments, and casts, arrows and the like are no operators. What still parses and is no part of the
language (a sub-query, a window) is refused by `conditions.bind`.
"""

import re
from typing import ClassVar

from sqlglot import exp
from sqlglot.errors import ErrorLevel, ParseError, TokenError
from sqlglot.parser import Parser
from sqlglot.tokenizer_core import Token, TokenType
from sqlglot.tokens import Tokenizer

from driftwatch.conditions.error import ConditionError

MOST_SIGNS = 10_000
"""Of a condition's text."""
MOST_LEVELS = 20
"""Of brackets and CASE within each other; the parser takes some twenty calls for each."""
MOST_NOTS = 20
"""NOT and minus signs in a row."""

_CLOSED_BY = {
    TokenType.L_PAREN: TokenType.R_PAREN,
    TokenType.L_BRACKET: TokenType.R_BRACKET,
    TokenType.L_BRACE: TokenType.R_BRACE,
    TokenType.CASE: TokenType.END,
}
_BRACKETS = (TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE)
_REPEATABLE = (TokenType.NOT, TokenType.DASH, TokenType.PLUS, TokenType.TILDE)

_QUOTED = re.compile(
    r"""'(?:[^']|'')*+'|"(?:[^"]|"")*+"|--[^\n]*|/\*.*?\*/|(?P<open>['"]|/\*)""", re.DOTALL
)


class _ConditionParser(Parser):
    FUNCTIONS: ClassVar = {}
    FUNCTION_PARSERS: ClassVar = {}
    NO_PAREN_FUNCTIONS: ClassVar = {}
    NO_PAREN_FUNCTION_PARSERS: ClassVar = {"CASE": Parser.NO_PAREN_FUNCTION_PARSERS["CASE"]}
    COLUMN_OPERATORS: ClassVar = {TokenType.DOT: None}


def parse(text: str) -> exp.Expr:
    """Read one expression.

    Raises ConditionError where the text is none, or too long, or nested too deeply.
    """
    if len(text) > MOST_SIGNS:
        raise ConditionError(
            f"the condition has {len(text):,} characters; at most {MOST_SIGNS:,} are read",
            text,
            0,
            1,
        )
    if not text.strip():
        raise ConditionError("the condition is empty; expected something like age > 18", text)
    tokens = _tokens(text)
    if not tokens:
        raise ConditionError("the condition is only a comment", text)
    _check_brackets(tokens, text)
    parser = _ConditionParser(error_level=ErrorLevel.IMMEDIATE, error_message_context=len(text))
    try:
        found = parser.parse_into(exp.Condition, tokens, text)
    except ParseError as problem:
        raise _syntax_error(problem, text) from problem
    except RecursionError as problem:
        raise ConditionError("the condition is nested too deeply", text) from problem
    if len(found) != 1 or found[0] is None:
        raise ConditionError("expected one condition", text)
    return found[0]


def place(node: exp.Expr, default: tuple[int, int]) -> tuple[int, int]:
    """Where a part of the tree stands in the text: (start, end), `end` exclusive.

    default: that of what is around it, for a part that has no place of its own (NULL, TRUE).
    """
    found = [
        (int(each.meta["start"]), int(each.meta["end"]) + 1)
        for each in node.walk()
        if "start" in each.meta
    ]
    if not found:
        return default
    return min(start for start, _ in found), max(end for _, end in found)


def _tokens(text: str) -> list[Token]:
    try:
        return Tokenizer().tokenize(text)
    except TokenError as problem:
        start = _unclosed(text)
        raise ConditionError(
            f"what begins with {text[start]} here is never closed", text, start, start + 1
        ) from problem


def _unclosed(text: str) -> int:
    """Where the quote or comment begins that makes the text unreadable."""
    return next((match.start() for match in _QUOTED.finditer(text) if match["open"]), 0)


def _check_brackets(tokens: list[Token], text: str) -> None:
    """That each is closed, and none too deep within others."""
    opened: list[Token] = []
    run = 0
    for token in tokens:
        kind = token.token_type
        if kind in _CLOSED_BY:
            opened.append(token)
        elif opened and kind == _CLOSED_BY[opened[-1].token_type]:
            opened.pop()
        elif kind in _BRACKETS:
            raise ConditionError("nothing is open that this would close", text, *_span(token))
        run = run + 1 if kind in _REPEATABLE else 0
        if len(opened) > MOST_LEVELS or run > MOST_NOTS:
            raise ConditionError(
                f"nested too deeply here; at most {MOST_LEVELS} brackets, CASE or NOT stand within "
                "each other",
                text,
                *_span(token),
            )
    if opened:
        raise ConditionError("this is never closed", text, *_span(opened[-1]))


def _span(token: Token) -> tuple[int, int]:
    return token.start, token.end + 1


def _syntax_error(problem: ParseError, text: str) -> ConditionError:
    """The parser's own words are about its own tree; the place is what helps."""
    first = problem.errors[0] if problem.errors else {}
    start = len(first.get("start_context") or "")
    highlight = first.get("highlight") or ""
    rest = text[start + len(highlight) :].strip()
    lacks = str(first.get("description") or "").startswith("Required keyword")
    if lacks and not rest:
        return ConditionError(
            f"the condition ends where something has to follow {highlight}",
            text,
            start,
            start + len(highlight),
        )
    return ConditionError(
        f"can't read the condition from {highlight!r} on; see the reference of conditions",
        text,
        start,
        start + max(1, len(highlight)),
    )
