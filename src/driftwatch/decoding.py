"""From settings to the decoder of a log: what each format takes besides the policy of records."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from driftwatch.baselines import Baselines
from driftwatch.config import Const, DecodeSettings, Settings
from driftwatch.config.secret import revealed
from driftwatch.decode.composer import Views
from driftwatch.decode.json_records import JsonDecoder
from driftwatch.errors import ConfigError

if TYPE_CHECKING:
    from driftwatch.decode.avro_records import AvroDecoder, Schemas
    from driftwatch.decode.event_records import EventDecoder
    from driftwatch.decode.events.message import EventPolicy
    from driftwatch.decode.plain import Reader

    AnyDecoder = JsonDecoder | EventDecoder | AvroDecoder


def event_decoder(
    decode: DecodeSettings,
    ignored: frozenset[str],
    baselines: Baselines,
    fallbacks: Mapping[str, str],
    views: Views | None = None,
) -> "EventDecoder":
    """The decoder of what a model server logs. ignored: features that nobody wants."""
    from driftwatch.decode.event_records import EventDecoder, record_policy

    assert decode.format != "json"
    assert decode.format != "avro"
    model, version = decode.model, decode.model_version
    records = record_policy(
        model=None if isinstance(model, Const) else model,
        const_model=model.const if isinstance(model, Const) else None,
        model_version=None if isinstance(version, Const) else version,
        const_version=version.const if isinstance(version, Const) else None,
        predictions=decode.predictions,
        serving=decode.serving,
        correlation=decode.correlation,
        ignored=ignored,
    )
    policy = _event_policy(decode)
    return EventDecoder(decode.format, policy, records, baselines, fallbacks, views)


def _event_policy(decode: DecodeSettings) -> "EventPolicy":
    from driftwatch.decode.events.message import EventPolicy, Reading, Topics

    reading = Reading(
        decode.feature_names or (),
        decode.prediction_names or (),
        decode.limits.max_value_bytes,
        decode.limits.max_nesting,
    )
    if decode.topics is None:
        return EventPolicy(reading)
    return EventPolicy(reading, Topics(decode.topics.requests, decode.topics.responses))


def make_reader(settings: Settings) -> "Callable[[], Reader]":
    """What makes a reader of plain records for each pass over a log. Raises as `make_schemas`."""
    from driftwatch.decode.composer import RecordPolicy
    from driftwatch.decode.plain import EventReader, json_reader, value_reader

    decode = settings.decode
    if decode.format == "json":
        return json_reader
    if decode.format == "avro":
        schemas = make_schemas(settings)
        from driftwatch.decode.avro_records import AvroDecoder

        policy = RecordPolicy(max_value_bytes=decode.limits.max_value_bytes)
        read_value = AvroDecoder(schemas, policy, {}).read
        return lambda: value_reader(read_value)
    name, waiting = decode.format, decode.joining.max_records
    return lambda: EventReader(name, _event_policy(decode), waiting)


def places_of(decode: DecodeSettings) -> DecodeSettings:
    """Where plain records keep what: as the settings say, or as the records of events do."""
    if not decode.is_of_events:
        return decode
    model, version = decode.model, decode.model_version
    return DecodeSettings(
        timestamp="time",
        timestamp_unit="us",
        model=f"event.{model}" if isinstance(model, str) else model or "model",
        model_version=f"event.{version}" if isinstance(version, str) else version,
        features="features",
        predictions={name: f"predictions.{path}" for name, path in decode.predictions.items()},
        serving={name: f"event.{path}" for name, path in decode.serving.items()},
    )


def make_schemas(settings: Settings) -> "Schemas":
    """Where the schemas of `avro` come from. Raises ConfigError, SourceError."""
    try:
        from driftwatch.sources.schema_folder import SchemaFolder
        from driftwatch.sources.schema_registry import RegistryPolicy, SchemaRegistry
    except ImportError as missing:
        raise ConfigError(
            f"{settings.where('decode', 'format')}: avro is not installed ({missing}); "
            "run pip install 'driftwatch-daemon[avro]'"
        ) from missing
    schemas = settings.decode.schemas
    assert schemas is not None
    if schemas.folder is not None:
        return SchemaFolder(schemas.folder)
    registry = schemas.registry
    assert registry is not None
    return SchemaRegistry(
        RegistryPolicy(
            registry.url,
            registry.username,
            revealed(registry.password),
            registry.password_file,
            revealed(registry.token),
            registry.token_file,
            registry.cafile,
        )
    )
