"""What happens in the demo, and when: two changes that nobody announces."""

from dataclasses import dataclass

from numpy.random import Generator

from driftwatch.demo.rides import Rides, in_celsius, with_hail


@dataclass(frozen=True, slots=True)
class Story:
    """The changes, in seconds since the log began."""

    celsius_at_s: float = 30.0
    hail_at_s: float = 60.0

    @property
    def chapters(self) -> tuple[tuple[float, str], ...]:
        """What happens, in order: since when, and in words."""
        return (
            (0.0, "people ask for rides, as they did in the training data"),
            (self.celsius_at_s, "the weather team now sends Celsius; nobody was told"),
            (self.hail_at_s, "a new release of the app knows a new weather: hail"),
        )

    def told(self, elapsed_s: float) -> tuple[tuple[float, str], ...]:
        """The chapters that have begun.

        >>> [words for _, words in Story().told(12.0)]
        ['people ask for rides, as they did in the training data']
        """
        return tuple(chapter for chapter in self.chapters if chapter[0] <= elapsed_s)

    def as_sent(self, rides: Rides, elapsed_s: float, rng: Generator) -> Rides:
        """The rides as they reach the model at that moment."""
        if elapsed_s >= self.celsius_at_s:
            rides = in_celsius(rides)
        if elapsed_s >= self.hail_at_s:
            rides = with_hail(rides, rng)
        return rides
