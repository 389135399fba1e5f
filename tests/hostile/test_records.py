"""A short attack of each kind; `make hostile` is the long one."""

import re

import pytest

from driftwatch.records import Reason
from driftwatch.sketch.vocabulary import VocabularyIndex
from tests.hostile.attack import HostileError, attack
from tests.hostile.formats import FORMATS, TIME
from tests.hostile.mutator import Mutator

RECORDS = 10_000


@pytest.mark.parametrize("name", FORMATS)
def test_whatever_is_sent_every_record_has_one_fate(name: str) -> None:
    found = attack(name, RECORDS, "short")
    assert found.records == RECORDS
    # An attack that only ever met one way out would prove little.
    assert min(found.outcomes[o] for o in ("counted", "late", "rejected", "unrouted")) > 50
    reasons: tuple[Reason, ...] = (
        *("unparsable", "not_utf8", "missing_time", "future", "unknown_model", "unknown_version"),
    )
    assert min(found.reasons[reason] for reason in reasons) > 10


def test_the_same_seed_makes_the_same_records() -> None:
    def made(seed: str) -> list[bytes]:
        mutator = Mutator(FORMATS["json"].examples, str(TIME).encode(), seed)
        return [mutator.record(b"7") for _ in range(1_000)]

    assert made("a") == made("a")
    assert made("a") != made("b")


def test_a_record_that_raises_is_shown_with_its_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(VocabularyIndex, "_in_other", refuse)  # asked for words that are new only
    shown = r"format 'json', seed 's', batch 0: b'.*': ZeroDivisionError"
    with pytest.raises(HostileError, match=re.compile(shown, re.DOTALL)):
        attack("json", 500, "s")
