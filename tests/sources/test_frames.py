"""Events as bytes: whatever is torn or damaged is not taken for an event."""

from hypothesis import given
from hypothesis import strategies as st

from driftwatch.sources.frames import Event, encode, frame_bytes, whole_frames

EVENTS = st.builds(
    Event,
    st.lists(st.tuples(st.text(max_size=12), st.binary(max_size=30)), max_size=5).map(tuple),
    st.binary(max_size=200),
    st.integers(-(2**62), 2**62),
)


@given(st.lists(EVENTS, max_size=6))
def test_events_come_back_as_they_were(events: list[Event]) -> None:
    written = b"".join(map(encode, events))
    found = list(whole_frames(written))
    assert [event for event, _ in found] == events
    assert not found or found[-1][1] == len(written)


@given(st.lists(EVENTS, min_size=1, max_size=4), st.data())
def test_a_frame_that_is_torn_anywhere_ends_what_is_read(
    events: list[Event], data: st.DataObject
) -> None:
    *whole, last = map(encode, events)
    torn = last[: data.draw(st.integers(0, len(last) - 1))]
    found = [event for event, _ in whole_frames(b"".join(whole) + torn)]
    assert found == events[:-1]


@given(EVENTS, st.data())
def test_a_bit_that_is_flipped_is_noticed(event: Event, data: st.DataObject) -> None:
    written = bytearray(encode(event))
    place = data.draw(st.integers(0, len(written) * 8 - 1))
    written[place // 8] ^= 1 << place % 8
    assert [found for found, _ in whole_frames(bytes(written))] == []


def test_the_length_of_a_frame_is_known_from_its_beginning() -> None:
    written = encode(Event((), b"x" * 1000, 0))
    assert frame_bytes(written[:8]) == len(written)
    assert frame_bytes(written[:7]) is None
