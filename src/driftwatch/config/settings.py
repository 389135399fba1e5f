"""The whole configuration, and the rules between its sections."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PrivateAttr

from driftwatch.config.alarms import AlarmSettings, Statistic, Threshold
from driftwatch.config.dead_letters import DeadLetterSettings
from driftwatch.config.decode import DecodeSettings, TopicSettings
from driftwatch.config.durations import Duration, between
from driftwatch.config.http import HttpSettings
from driftwatch.config.links import LinkSettings
from driftwatch.config.models import ModelSettings
from driftwatch.config.problems import Broken, KeyPath, Place, Places, where
from driftwatch.config.process import LogSettings, MetricsSettings, StateSettings
from driftwatch.config.section import Section
from driftwatch.config.shown import did_you_mean, listed, quoted
from driftwatch.config.source import SourceSettings
from driftwatch.config.values import Const, Listed, Switch, Version


class Settings(Section):
    """The configuration of one process. Build it with `load` or `parse`."""

    source: SourceSettings = Field(
        description="Where records come from: one of kafka, files, stdin and http.",
        examples=[{"files": {"path": "/var/log/fraud"}}],
    )
    decode: DecodeSettings = Field(
        description="How a record is read.", examples=[{"model": {"const": "fraud"}}]
    )
    models: Mapping[Version, ModelSettings] = Field(
        min_length=1,
        description="Which models are watched, by the name that records have.",
        examples=[{"fraud": {"baselines": "baselines/fraud-*.json.gz"}}],
    )
    pane: Annotated[Duration, between("1s", "1h")] = Field(
        default=Duration.parse("1m"), description="Slice of event time that is counted as one."
    )
    windows: Listed[Duration] = Field(
        default=(Duration.parse("1h"), Duration.parse("1d")),
        description="Sliding windows of the statistics, the shortest first; multiples of `pane`.",
    )
    lateness: Annotated[Duration, between("0s", "7d")] = Field(
        default=Duration.parse("2m"),
        description="How far a record may lie behind the newest one of its partition.",
    )
    max_ahead: Annotated[Duration, between("0s", "365d")] = Field(
        default=Duration.parse("10m"),
        description="How far a record's time may lie ahead before it is rejected as `future`.",
    )
    idle_after: Annotated[Duration, between("1s", "7d")] = Field(
        default=Duration.parse("1m"),
        description="After this long without records a partition no longer holds up the others.",
    )
    checkpoint_every: Annotated[Duration, between("100ms", "1h")] = Field(
        default=Duration.parse("10s"), description="How often the counts are saved."
    )
    alarms: AlarmSettings = Field(
        default_factory=AlarmSettings, description="When an alarm is raised."
    )
    state: StateSettings = Field(
        description="Where the counts are kept between two runs.",
        examples=[{"path": "/var/lib/driftwatch"}],
    )
    dead_letters: DeadLetterSettings | None = Field(
        default=None,
        description="Where records go that were not counted, as they came; else nowhere.",
        examples=[{"folder": "/var/lib/driftwatch/rejected"}],
    )
    show_values: Switch = Field(
        default=False,
        description=(
            "Show values that fewer than 20 records had, on every surface; never of a column that "
            "is `sensitive`."
        ),
    )
    metrics: MetricsSettings = Field(
        default_factory=MetricsSettings, description="What is exported."
    )
    http: HttpSettings = Field(default_factory=HttpSettings, description="The one port.")
    links: LinkSettings = Field(
        default_factory=LinkSettings,
        description="Where people find the pages that alerts and dashboards point to.",
    )
    log: LogSettings = Field(
        default_factory=LogSettings, description="What the process says about itself."
    )

    _origin: Path = PrivateAttr(default=Path("driftwatch.yaml"))
    _places: Places = PrivateAttr(default_factory=Places)
    _complete: bool = PrivateAttr(default=True)

    def model_post_init(self, context: Any) -> None:
        """Remember where this came from."""
        if context:
            self._origin = context["origin"]
            self._places = context["places"]
            self._complete = context["complete"]

    @property
    def origin(self) -> Path:
        """The file that this was read from, or what stands for it."""
        return self._origin

    def place(self, path: KeyPath) -> Place | None:
        """Where a setting, or the nearest one above it, stands in the file."""
        return self._places.of_value(path)

    def where(self, *path: str | int) -> str:
        """File, line and key of a setting, for the head of a message about it."""
        return where(self.origin, path, self.place(path))

    @property
    def alarm_window(self) -> Duration:
        """The window that thresholds look at."""
        return self.alarms.window or self.windows[0]

    def thresholds(self, model: str, column: str) -> Mapping[Statistic, Threshold]:
        """The thresholds that hold for a column: its own over those of `alarms`."""
        settings = self.models[model].columns.get(column)
        own = settings.thresholds if settings else {}
        both = {**self.alarms.thresholds, **own}
        return {statistic: value for statistic, value in both.items() if value is not None}

    def tolerance(self, model: str, column: str) -> float:
        """The change of a column that nobody is paged for."""
        settings = self.models[model].columns.get(column)
        own = settings.tolerance if settings else None
        return self.alarms.tolerance if own is None else own

    def _broken(self) -> Iterator[Broken]:
        if not self._complete:  # parts of the file could not be read: these rules would guess
            return
        yield from self._broken_times()
        yield from self._broken_names()
        yield from self._broken_dead_letters()
        yield from self._broken_changelog()
        yield from self._broken_spool()
        yield from self._broken_format()
        tells_time = self.decode.tells_time or self.decode.is_of_events
        if not (tells_time or self.source.kafka or self.source.http):
            text = "missing; only Kafka has times of its own, so each record has to say when it was"
            yield Broken("timestamp_needed", ("decode", "timestamp"), text)

    def _broken_spool(self) -> Iterator[Broken]:
        """A spool that the largest event might never fit in."""
        http, largest = self.source.http, self.decode.limits.max_value_bytes
        if http is not None and http.max_spool_bytes < 4 * largest:
            text = f"expected at least four times decode.limits.max_value_bytes, {largest:,}"
            yield Broken("range", ("source", "http", "max_spool_bytes"), text)

    def _broken_format(self) -> Iterator[Broken]:
        """Formats whose records the source can't hold, or can't tell apart."""
        decode, kafka = self.decode, self.source.kafka
        if decode.format in ("mlserver", "avro") and kafka is None:
            text = f"{decode.format} needs source.kafka"
            yield Broken("format_without_source", ("decode", "format"), text)
        elif decode.format == "seldon" and kafka is None and self.source.http is None:
            text = "seldon needs source.kafka: it keeps in headers what a file has no place for"
            yield Broken("format_without_source", ("decode", "format"), text)
        elif decode.format == "mlserver" and kafka is not None:
            for key, topic in decode.topics or TopicSettings():
                if topic not in kafka.topics:
                    text = f"{quoted(topic)} is not in source.kafka.topics; add it there"
                    path = ("decode", "topics", key)
                    yield Broken("format_without_source", path, text)
        shares = decode.join is not None and decode.join.co_partitioned
        if shares and (kafka is None or kafka.assignment != "range"):
            text = "needs source.kafka.assignment: range, which gives a member the same partitions"
            path = ("decode", "join", "co_partitioned")
            yield Broken("format_without_source", path, f"{text} of all topics")

    def _broken_changelog(self) -> Iterator[Broken]:
        """A state that the client of the log can't write, or that would be read as the log."""
        state, kafka, path = self.state.kafka, self.source.kafka, ("state", "kafka")
        if state is None:
            return
        if kafka is None:
            yield Broken("one_state", path, "needs a Kafka source; write path: FOLDER instead")
        elif kafka.client != "confluent":
            text = "needs source.kafka.client: confluent (pip install 'driftwatch-daemon[fast]')"
            yield Broken("one_state", path, f"{text}; or write path: FOLDER instead")
        elif state.topic in kafka.topics:
            text = f"{quoted(state.topic)} is read as the log; name another topic"
            yield Broken("repeated", (*path, "topic"), text)

    def _broken_times(self) -> Iterator[Broken]:
        for index, window in enumerate(self.windows):
            if window.us == 0 or window.us % self.pane.us:
                text = f"{window} is not a multiple of pane, {self.pane}"
                yield Broken("window_multiple", ("windows", index), text)
            if index and window < self.windows[index - 1]:
                text = f"{window} stands after {self.windows[index - 1]}; the shortest comes first"
                yield Broken("window_order", ("windows", index), text)
        if self.alarms.window is not None and self.alarms.window not in self.windows:
            known = listed(map(str, self.windows))
            text = f"expected one of windows ({known}), found {self.alarms.window}"
            yield Broken("alarm_window", ("alarms", "window"), text)
        try:
            self.alarms.false_alarms.budget.panes(self.pane.us)
        except ValueError as problem:
            yield Broken("false_alarms_panes", ("alarms", "false_alarms"), str(problem))
        if self.state.history < max(self.windows):
            text = f"{self.state.history} is shorter than the longest window, {max(self.windows)}"
            yield Broken("history_too_short", ("state", "history"), text)

    def _broken_dead_letters(self) -> Iterator[Broken]:
        """Letters that nobody could write, or that would come back as records."""
        letters, kafka, files = self.dead_letters, self.source.kafka, self.source.files
        if letters is not None and letters.kafka is not None:
            path = ("dead_letters", "kafka", "topic")
            if kafka is None:
                text = "needs a Kafka source; write folder: FOLDER instead"
                yield Broken("dead_letters_without_kafka", path[:-1], text)
            elif letters.kafka.topic in kafka.topics:
                text = f"{quoted(letters.kafka.topic)} is read as the log; name another topic"
                yield Broken("dead_letters_loop", path, text)
        elif letters is not None and files is not None and letters.folder in files.path:
            text = f"{letters.folder} is read as the log; name another folder"
            yield Broken("dead_letters_loop", ("dead_letters", "folder"), text)

    def _broken_names(self) -> Iterator[Broken]:
        model, version = self.decode.model, self.decode.model_version
        if isinstance(model, Const):
            yield from self._broken_model(model.const)
        if version is None and not self.decode.tells_version:
            for name in (name for name, settings in self.models.items() if not _single(settings)):
                text = f"missing; {name} may have several baselines, so records have to say"
                text += " which version answered (or say {const: VERSION} for all)"
                yield Broken("version_needed", ("decode", "model_version"), text)
        if isinstance(version, Const):
            yield from self._broken_version(version.const)

    def _broken_model(self, model: str) -> Iterator[Broken]:
        if model not in self.models:
            hint = did_you_mean(model, self.models) or f"; expected {listed(self.models)}"
            text = f"models has no {quoted(model)}{hint}"
            yield Broken("model_not_configured", ("decode", "model", "const"), text)
            return
        for name in self.models:
            if name != model:
                text = f"gets no records: decode.model says that all are {quoted(model)}'s"
                yield Broken("model_out_of_reach", ("models", name), text)

    def _broken_version(self, version: str) -> Iterator[Broken]:
        for name, settings in self.models.items():
            known = settings.versions
            if known is None or version in known or settings.fallback_version is not None:
                continue
            text = f"{name} has no baseline of version {quoted(version)}"
            text += did_you_mean(version, known) or f"; expected {listed(known)}"
            path = ("decode", "model_version", "const")
            yield Broken("version_without_baseline", path, text)


def _single(model: ModelSettings) -> bool:
    """Whether a model has one baseline, as far as the settings tell."""
    if isinstance(model.baselines, Mapping):
        return len(model.baselines) == 1
    return len(model.baselines) == 1 and not model.baselines[0].is_glob


def masked(settings: Settings) -> dict[str, Any]:
    """The settings as a file would say them, defaults included and every secret hidden."""
    shown: dict[str, Any] = settings.model_dump(mode="json", exclude_none=True)
    kafka = shown["source"].get("kafka", {})
    if "sasl_password_file" in kafka:
        kafka.pop("sasl_password", None)
    return shown
