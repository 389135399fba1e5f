"""What lists of settings cost."""

from driftwatch.config import values


class Counted(str):
    """A text that counts how often it is compared."""

    compared = 0

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return str(self) == other

    __hash__ = str.__hash__


def test_a_long_list_is_searched_for_repeats_in_one_pass() -> None:
    names = tuple(Counted(f"topic-{i}") for i in range(2_000))
    assert values._no_repeats(names) == names
    assert Counted.compared < 20_000  # each with each would be two million
