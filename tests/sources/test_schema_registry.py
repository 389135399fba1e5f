"""A registry is asked once for each schema, and its absence never holds up who asks."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from driftwatch.sources.schema_registry import RegistryPolicy, SchemaRegistry
from tests.harness.waiting import wait_until
from tests.sources.registry import Registry, running_registry

SCHEMA = {"type": "record", "name": "r", "fields": [{"name": "a", "type": "int"}]}


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def registry() -> Iterator[Registry]:
    with running_registry() as found:
        yield found


def test_a_schema_is_asked_for_once(registry: Registry) -> None:
    registry.put(7, SCHEMA)
    schemas = SchemaRegistry(RegistryPolicy(registry.url))
    first, second = schemas(7), schemas(7)
    assert isinstance(first, dict)
    assert first["name"] == "r"
    assert first is second
    assert registry.asked == [("/schemas/ids/7", None)]


def test_a_path_in_the_address_is_kept(registry: Registry) -> None:
    registry.answers["/kafka/schemas/ids/7"] = (200, {"schema": json.dumps(SCHEMA)})
    assert SchemaRegistry(RegistryPolicy(f"{registry.url}/kafka/"))(7) is not None


def test_a_schema_that_is_not_there_is_asked_for_again_after_a_minute(registry: Registry) -> None:
    clock = Clock()
    schemas = SchemaRegistry(RegistryPolicy(registry.url), clock)
    registry.put(8, SCHEMA)
    assert schemas(7) is None
    assert schemas(8) is not None  # another one is not affected
    registry.put(7, SCHEMA)
    clock.now += 59
    assert schemas(7) is None
    clock.now += 2
    assert schemas(7) is not None
    assert len(registry.asked) == 3


def test_an_outage_is_felt_once_and_tried_again_at_growing_intervals(registry: Registry) -> None:
    clock = Clock()
    schemas = SchemaRegistry(RegistryPolicy(registry.url), clock)
    registry.answers["/schemas/ids/7"] = (503, {})
    asked_at = []
    for _ in range(200):
        before = len(registry.asked)
        assert schemas(7) is None
        if len(registry.asked) > before:
            asked_at.append(clock.now - 100)
        clock.now += 1
    assert asked_at == [0, 1, 3, 7, 15, 31, 63, 123, 183]
    registry.put(7, SCHEMA)
    clock.now += 60
    assert schemas(7) is not None


def test_a_registry_that_is_not_there_is_an_outage() -> None:
    with running_registry() as gone:
        url = gone.url
    assert SchemaRegistry(RegistryPolicy(url))(7) is None


def test_while_one_waits_for_a_slow_registry_nobody_else_does(registry: Registry) -> None:
    registry.put(7, SCHEMA)
    registry.seconds = 0.5
    schemas = SchemaRegistry(RegistryPolicy(registry.url, wait_seconds=5.0))
    first = threading.Thread(target=schemas, args=(7,))
    first.start()
    wait_until(lambda: len(registry.asked) == 1, what="the question")
    begin = time.monotonic()
    assert schemas(7) is None
    assert time.monotonic() - begin < 0.4
    first.join()
    assert schemas(7) is not None
    assert len(registry.asked) == 1


def test_nobody_waits_longer_than_is_said(registry: Registry) -> None:
    registry.put(7, SCHEMA)
    registry.seconds = 1.0
    schemas = SchemaRegistry(RegistryPolicy(registry.url, wait_seconds=0.1))
    begin = time.monotonic()
    assert schemas(7) is None
    assert time.monotonic() - begin < 0.8


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"<html>", b"[" * 100_000, b'{"schema": 7}', b'{"schema": "{"}', b"\xff"]
)
def test_an_answer_that_is_none_is_no_schema(registry: Registry, raw: bytes) -> None:
    registry.put(7, SCHEMA)
    registry.raw = raw
    assert SchemaRegistry(RegistryPolicy(registry.url))(7) is None


@pytest.mark.parametrize("more", [{"schemaType": "JSON"}, {"references": [{"name": "x"}]}])
def test_what_is_no_avro_schema_is_refused(registry: Registry, more: dict[str, Any]) -> None:
    registry.put(7, SCHEMA, **more)
    assert SchemaRegistry(RegistryPolicy(registry.url))(7) is None


def test_schemas_that_one_refers_to_are_fetched_too(registry: Registry) -> None:
    amount = {"type": "record", "name": "shop.Amount", "fields": [{"name": "a", "type": "int"}]}
    sale = {"type": "record", "name": "Sale", "fields": [{"name": "s", "type": "shop.Amount"}]}
    registry.put(7, sale, references=[{"name": "Amount", "subject": "a/b", "version": 2}])
    registry.answers["/subjects/a%2Fb/versions/2"] = (200, {"schema": json.dumps(amount)})
    assert SchemaRegistry(RegistryPolicy(registry.url))(7) is not None


def test_references_that_go_in_a_circle_are_followed_once(registry: Registry) -> None:
    circle = {"references": [{"name": "A", "subject": "a", "version": 1}]}
    registry.put(7, {**SCHEMA, "name": "other"}, **circle)
    registry.answers["/subjects/a/versions/1"] = (200, {"schema": json.dumps(SCHEMA), **circle})
    assert SchemaRegistry(RegistryPolicy(registry.url))(7) is not None
    assert len(registry.asked) == 2


def test_references_without_end_are_refused(registry: Registry) -> None:
    registry.put(7, SCHEMA, references=[{"subject": "a", "version": 0}])
    for version in range(200):
        more = {"references": [{"subject": "a", "version": version + 1}]}
        answer = {"schema": json.dumps({**SCHEMA, "name": f"r{version}"}), **more}
        registry.answers[f"/subjects/a/versions/{version}"] = (200, answer)
    assert SchemaRegistry(RegistryPolicy(registry.url))(7) is None
    assert len(registry.asked) == 51


def test_a_login_or_a_token_goes_along_and_is_read_again(
    registry: Registry, tmp_path: Path
) -> None:
    registry.put(7, SCHEMA)
    registry.put(8, SCHEMA)
    secret = tmp_path / "secret"
    secret.write_text("first\n", encoding="utf-8")
    token = SchemaRegistry(RegistryPolicy(registry.url, token_file=secret))
    token(7)
    secret.write_text("second\n", encoding="utf-8")
    token(8)
    SchemaRegistry(RegistryPolicy(registry.url, username="me", password="p:w"))(7)
    authorizations = [authorization for _, authorization in registry.asked]
    assert authorizations == ["Bearer first", "Bearer second", "Basic bWU6cDp3"]


def test_no_redirect_takes_the_login_elsewhere(registry: Registry) -> None:
    with running_registry() as other:
        other.put(7, SCHEMA)
        registry.answers["/schemas/ids/7"] = (302, {})
        registry.location = f"{other.url}/schemas/ids/7"
        policy = RegistryPolicy(registry.url, token="secret")
        assert SchemaRegistry(policy)(7) is None
        assert other.asked == []
    assert "secret" not in repr(policy)
