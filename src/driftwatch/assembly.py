"""From settings to the parts of a process: which policy comes from which setting."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from driftwatch.baseline.artifact import Baseline
from driftwatch.baselines import Baselines, unmonitored
from driftwatch.config import Const, Settings, Threshold
from driftwatch.config import KafkaSource as KafkaSettings
from driftwatch.config.decode import JoinSettings
from driftwatch.config.process import ChangelogSettings
from driftwatch.config.secret import revealed
from driftwatch.deadletters.folder import FolderDeadLetters, FolderPolicy
from driftwatch.deadletters.port import REJECTED, DeadLetters
from driftwatch.decode.composer import RecordPolicy
from driftwatch.decode.json_records import JsonDecoder
from driftwatch.decoding import event_decoder, make_schemas
from driftwatch.errors import ConfigError
from driftwatch.monitor.blindness import BlindPolicy
from driftwatch.monitor.detector import DetectorPolicy
from driftwatch.monitor.fate import FatePolicy
from driftwatch.monitor.gauges import GaugeName, baseline_gauges
from driftwatch.monitor.joins import JoinPolicy
from driftwatch.monitor.monitor import Monitor
from driftwatch.monitor.policy import MonitorPolicy
from driftwatch.monitor.report import Budget
from driftwatch.monitor.stream import StreamPolicy
from driftwatch.monitor.thresholds import Bound, threshold_policy
from driftwatch.monitor.totals import Totals
from driftwatch.monitor.volume import VolumePolicy
from driftwatch.monitor.windows import window_policies
from driftwatch.records import (
    SECOND_US,
    UNROUTED_REASONS,
    WHOLE,
    Cause,
    StreamKey,
)
from driftwatch.sources.files import FilesPolicy, FilesSource
from driftwatch.sources.http import HttpSource
from driftwatch.sources.kafka_policy import KafkaPolicy
from driftwatch.sources.kafka_security import KafkaSecurity
from driftwatch.sources.port import Source, Start
from driftwatch.sources.spool import Spool, SpoolPolicy
from driftwatch.sources.stdin import StdinSource
from driftwatch.state.ledger import Ledger
from driftwatch.state.memory import MemoryStore
from driftwatch.state.sqlite import SqliteStore
from driftwatch.state.stepped import SteppedLedger
from driftwatch.stats.reference import make_reference
from driftwatch.versions import decoded_views, make_views

if TYPE_CHECKING:
    from driftwatch.decoding import AnyDecoder

NO_RECORDS_PANES = 5
LAGGING_AFTER_US = 300 * SECOND_US
STALE_CHECKPOINTS = 6


def make_decoder(settings: Settings, baselines: Baselines) -> "AnyDecoder":
    """The decoder of the configured format. Raises ConfigError, SourceError."""
    decode = settings.decode
    ignored = {name for model in settings.models.values() for name in unmonitored(model)}
    ignored |= {baseline.timestamp for baseline in baselines.values() if baseline.timestamp}
    if decode.features == ".":
        named = (decode.predictions, decode.labels, decode.serving)
        paths = [path for each in named for path in each.values()]
        if decode.correlation is not None:
            paths.append(decode.correlation)
        ignored |= {path.split(".")[0] for path in paths}
    fallbacks = {
        name: model.fallback_version
        for name, model in settings.models.items()
        if model.fallback_version is not None
    }
    views = decoded_views(make_views(settings, baselines))
    if decode.is_of_events:
        return event_decoder(decode, frozenset(ignored), baselines, fallbacks, views)
    version = decode.model_version
    policy = RecordPolicy(
        timestamp=decode.timestamp,
        timestamp_unit=decode.timestamp_unit,
        model=None if isinstance(decode.model, Const) else decode.model,
        const_model=decode.model.const if isinstance(decode.model, Const) else None,
        model_version=None if isinstance(version, Const) else version,
        const_version=version.const if isinstance(version, Const) else None,
        features=decode.features,
        predictions=decode.predictions,
        labels=decode.labels,
        serving=decode.serving,
        correlation=decode.correlation,
        ignored=frozenset(ignored),
        max_value_bytes=decode.limits.max_value_bytes,
        max_nesting=decode.limits.max_nesting,
    )
    if decode.format == "avro":
        schemas = make_schemas(settings)
        from driftwatch.decode.avro_records import AvroDecoder

        return AvroDecoder(schemas, policy, baselines, fallbacks, views)
    return JsonDecoder(policy, baselines, fallbacks, views)


def make_monitor(
    settings: Settings, baselines: Baselines, started_us: int, totals: Totals | None = None
) -> Monitor:
    """The monitor of all streams. totals: those of the monitor that this one replaces."""
    shortest = settings.windows[0].us
    watched = sum(
        (1 + len(baseline.segments)) * len(baseline.columns) for baseline in baselines.values()
    )
    views = make_views(settings, baselines)
    watched += sum(len(view.shared) for view in views.values())
    panes = None
    if settings.alarms.enabled:
        panes = settings.alarms.false_alarms.budget.panes(settings.pane.us)
    policy = MonitorPolicy(
        FatePolicy(settings.pane.us, settings.lateness.us, settings.max_ahead.us),
        settings.idle_after.us,
        settings.state.history.us,
        BlindPolicy(
            no_records_after_us=max(NO_RECORDS_PANES * settings.pane.us, settings.idle_after.us),
            lagging_after_us=max(LAGGING_AFTER_US, 2 * settings.lateness.us),
            stale_after_us=max(STALE_CHECKPOINTS * settings.checkpoint_every.us, 30 * SECOND_US),
            recent_us=shortest,
        ),
        Budget(watched, panes * watched * settings.pane.seconds if panes and watched else None),
        join_policy(settings.decode.joining),
    )
    streams = {
        StreamKey(*route, segment): _stream_policy(settings, baseline, segment, watched, panes)
        for route, baseline in baselines.items()
        for segment in (WHOLE, *(segment.name for segment in baseline.segments))
    }
    streams |= {
        key: _stream_policy(settings, view.baseline, WHOLE, watched, panes)
        for key, view in views.items()
    }
    without = [name for name in settings.models if name not in {r.model for r in baselines}]
    return Monitor(policy, baselines, streams, started_us, without, totals, views)


def join_policy(join: JoinSettings) -> JoinPolicy:
    """How requests and responses find each other."""
    return JoinPolicy(join.within.us, join.max_records, join.max_bytes)


def needs_all_partitions(settings: Settings) -> bool:
    """Whether a member of a group is of no use with a part of the partitions."""
    return settings.decode.is_joined and not settings.decode.joining.co_partitioned


def _stream_policy(
    settings: Settings,
    whole: Baseline,
    segment: str,
    watched: int,
    budget_panes: float | None,
) -> StreamPolicy:
    baseline, model = whole.of(segment), whole.model
    layout = baseline.layout()
    bounds: list[Mapping[GaugeName, Bound]] = [
        {
            statistic: _bound(threshold)
            for statistic, threshold in settings.thresholds(model, column.name).items()
        }
        if settings.alarms.enabled
        else {}
        for column in layout.columns
    ]
    windows = window_policies(
        [(str(window), window.us) for window in settings.windows], settings.pane.us
    )
    own = baseline_gauges(make_reference(layout, baseline.counts()))
    return StreamPolicy(
        settings.pane.us,
        windows,
        DetectorPolicy(
            np.array([settings.tolerance(model, c.name) for c in layout.columns]),
            watched,
            budget_panes,
            threshold_policy(bounds, own),
            settings.alarms.hold.us,
        ),
        settings.windows.index(settings.alarm_window),
        settings.alarms.min_rows,
        frozenset(n for n, c in settings.models[model].columns.items() if c.sensitive),
        settings.show_values,
        max(settings.state.history.us, windows[-1].length_us),
        whole.meaning(segment),
        {condition.column: condition.text for condition in whole.conditions},
        _volume_policy(settings, whole) if segment == WHOLE else None,
    )


def _volume_policy(settings: Settings, baseline: Baseline) -> VolumePolicy | None:
    """How many records are usual; None where the baseline does not know when its rows came."""
    if baseline.volume is None:
        return None
    window = settings.windows.index(settings.alarm_window)
    given = settings.models[baseline.model].volume
    if given is None or not settings.alarms.enabled:
        return VolumePolicy(baseline.volume, window)
    return VolumePolicy(baseline.volume, window, given.low, given.high)


def _bound(threshold: Threshold) -> Bound:
    return Bound(threshold.info, threshold.page)


def make_source(settings: Settings, decoder: "AnyDecoder") -> Source:
    """The configured source, followed as it grows. Raises SourceError."""
    source = settings.source
    if source.kafka is not None:
        return _kafka_source(settings, source.kafka)
    if source.files is not None:
        return FilesSource(
            FilesPolicy(
                source.files.path,
                source.files.pattern,
                max_value_bytes=settings.decode.limits.max_value_bytes,
                idle_seconds=settings.idle_after.seconds,
            ),
            decoder.event_time,
        )
    if source.http is not None:
        return HttpSource(Spool(SpoolPolicy.of(source.http.spool, source.http.max_spool_bytes)))
    return StdinSource(max_value_bytes=settings.decode.limits.max_value_bytes)


def _kafka_source(settings: Settings, kafka: KafkaSettings) -> Source:
    policy = KafkaPolicy(
        bootstrap_servers=kafka.bootstrap_servers,
        topics=kafka.topics,
        group_id=kafka.group_id,
        group_instance_id=kafka.group_instance_id,
        assignment=kafka.assignment,
        session_timeout_seconds=kafka.session_timeout.seconds,
        keys=settings.dead_letters is not None or settings.decode.format == "mlserver",
        headers=settings.decode.is_joined,
        security=_security(kafka),
    )
    if kafka.client == "kafka-python":
        # Kafka's clients are the heaviest imports of all; files do without them.
        from driftwatch.sources.kafka import KafkaSource

        return KafkaSource(policy)
    try:
        from driftwatch.sources.confluent import ConfluentSource
    except ImportError as missing:
        raise ConfigError(
            f"{settings.where('source', 'kafka', 'client')}: confluent is not installed "
            f"({missing}); run pip install 'driftwatch-daemon[fast]', or take kafka-python"
        ) from missing
    return ConfluentSource(policy)


def _security(kafka: KafkaSettings) -> KafkaSecurity:
    """How to log in and encrypt. What stands in a file is read from it for each connection."""
    return KafkaSecurity(
        protocol=kafka.security_protocol,
        mechanism=kafka.sasl_mechanism,
        username=kafka.sasl_username,
        password=revealed(kafka.sasl_password),
        password_file=kafka.sasl_password_file,
        token_file=kafka.sasl_token_file,
        cafile=kafka.ssl_cafile,
        certfile=kafka.ssl_certfile,
        keyfile=kafka.ssl_keyfile,
        key_password=revealed(kafka.ssl_keyfile_password),
        key_password_file=kafka.ssl_keyfile_password_file,
    )


_CAUSES: Mapping[str, frozenset[Cause]] = {
    "rejected": REJECTED,
    "unrouted": frozenset(UNROUTED_REASONS),
    "late": frozenset(("late",)),
}


def make_dead_letters(settings: Settings, source: Source) -> DeadLetters | None:
    """Where records go that were not counted; None where they go nowhere."""
    given, kafka = settings.dead_letters, settings.source.kafka
    if given is None:
        return None
    causes: frozenset[Cause] = frozenset().union(*(_CAUSES[name] for name in given.include))
    size = given.max_value_bytes
    if given.folder is not None:
        policy = FolderPolicy(given.folder, given.max_bytes, size, causes)
        return FolderDeadLetters(policy, source.describe)
    from driftwatch.deadletters.kafka import KafkaDeadLetters, KafkaLettersPolicy
    from driftwatch.sources.kafka_python_settings import security_settings

    assert given.kafka is not None
    assert kafka is not None
    brokers, topic = kafka.bootstrap_servers, given.kafka.topic
    security = _security(kafka)
    return KafkaDeadLetters(
        KafkaLettersPolicy(brokers, topic, size, causes, client=lambda: security_settings(security))
    )


def start_of(settings: Settings, now_us: int) -> Start:
    """Where a partition begins that nothing is known of."""
    part = settings.source.kafka or settings.source.files
    if part is None or part.start == "earliest":
        return "earliest"
    if part.start == "latest":
        return "latest"
    # One longest window back, and a little more, so that its first pane is whole.
    back = max(settings.windows).us if part.start == "window" else part.start.us
    return now_us - back - settings.lateness.us - settings.pane.us


def make_ledger(settings: Settings, source: Source) -> Ledger:
    """The configured store, in step with the source's group. Raises StateError."""
    if settings.state.kafka is not None:
        return _changelog_ledger(settings, settings.state.kafka, source)
    path = settings.state.path
    return SteppedLedger(MemoryStore() if path is None else SqliteStore(path), source)


def _changelog_ledger(settings: Settings, state: ChangelogSettings, source: Source) -> Ledger:
    from driftwatch.sources.confluent import ConfluentSource
    from driftwatch.state.changelog.ledger import TransactionalLedger
    from driftwatch.state.changelog.policy import ChangelogPolicy

    # The settings have been refused where it is otherwise.
    kafka = settings.source.kafka
    assert kafka is not None
    assert isinstance(source, ConfluentSource)
    policy = KafkaPolicy(
        kafka.bootstrap_servers, kafka.topics, kafka.group_id, security=_security(kafka)
    )
    return TransactionalLedger(ChangelogPolicy(policy, state.topic, state.replica), source)
