"""The page tells the stories that are tested, and no other ones."""

import inspect
import re

import pytest

from tests.stories import (
    test_blindness,
    test_columns,
    test_serving,
    test_slices,
    test_times,
)
from tests.stories.page import DOCUMENT, Section, with_section

MODULES = (test_blindness, test_columns, test_serving, test_slices, test_times)
NUMBER = re.compile(r"(\d+b?)\. ")


def told() -> set[str]:
    """The numbers of the stories that tests tell."""
    tests = [
        test
        for module in MODULES
        for test in vars(module).values()
        if inspect.isfunction(test) and "story" in inspect.signature(test).parameters
    ]
    found = [NUMBER.match(inspect.cleandoc(test.__doc__ or "")) for test in tests]
    return {number[1] for number in found if number is not None}


def test_each_story_that_is_tested_has_its_section_and_its_row() -> None:
    written = DOCUMENT.read_text(encoding="utf-8")
    assert set(re.findall(r"^## (\d+b?)\. ", written, re.MULTILINE)) == told()
    assert set(re.findall(r"^\| \[(\d+b?)\. ", written, re.MULTILINE)) == told()


DOCUMENT_OF_TWO = """# Head

<!-- table -->

| what happens | what Driftwatch says |
| --- | --- |
| [2. Two](#2-two) | quiet |
| [10. Ten](#10-ten) | page on `a` |

## 2. Two

It happens.

**Driftwatch says:** quiet.

```text
quiet
```

## 10. Ten

It happens.

**Driftwatch says:** page on `a`.

```text
page
```
"""


def test_a_section_that_is_as_before_changes_nothing() -> None:
    section = Section("2", "Two", "It happens.", "quiet", "quiet")
    assert with_section(DOCUMENT_OF_TWO, section) == DOCUMENT_OF_TWO


@pytest.mark.parametrize("number", ["1", "3", "6b", "11"])
def test_a_new_section_goes_where_its_number_says(number: str) -> None:
    section = Section(number, "It's new", "It happens.", "info", "info")
    after = with_section(DOCUMENT_OF_TWO, section)
    numbers = re.findall(r"^## (\d+)b?\. ", after, re.MULTILINE)
    assert numbers == sorted(numbers, key=int)
    assert f"| [{number}. It's new](#{number}-its-new) | info |" in after
    assert with_section(after, section) == after


def test_a_section_that_changed_replaces_the_one_before() -> None:
    section = Section("10", "Ten again", "It happens.", "quiet", "quiet")
    after = with_section(DOCUMENT_OF_TWO, section)
    assert "10. Ten\n" not in after
    assert "page" not in after
