"""The one port, and who may ask what of it: the `http` section."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import ConfigDict, Field, JsonValue, SecretStr

from driftwatch.config.addresses import Address
from driftwatch.config.durations import Duration, between
from driftwatch.config.problems import Broken
from driftwatch.config.section import Section
from driftwatch.config.sizes import Size
from driftwatch.config.values import FilePath, Name, Number, Switch, Whole


class TlsSettings(Section):
    """HTTPS instead of HTTP, TLS 1.2 or newer. The files are read again when they change."""

    certfile: FilePath = Field(
        description="Certificate (PEM) of this port, with those in between up to the root's.",
        examples=["/etc/driftwatch/tls/tls.crt"],
    )
    keyfile: FilePath = Field(
        description="The key (PEM, not encrypted) of `certfile`.",
        examples=["/etc/driftwatch/tls/tls.key"],
    )
    client_cafile: FilePath | None = Field(
        default=None,
        description=(
            "Certificates (PEM) of which one has to have signed that of whoever connects; health "
            "checks too. Without it nobody needs one."
        ),
    )


def _one_of(secret: str) -> ConfigDict:
    """What a schema says of a secret that is given, or stands in a file."""
    either: list[JsonValue] = [{"required": [secret]}, {"required": [f"{secret}_file"]}]
    return ConfigDict(json_schema_extra={"oneOf": either})


def _broken_secret(key: str, given: SecretStr | None, in_file: bool) -> Iterator[Broken]:
    if given is None and not in_file:
        yield Broken("missing", (key,), f"missing; give {key}_file or {key}")
    elif given is not None and in_file:
        text = f"{key} is given too; keep one of them"
        yield Broken("two_passwords", (f"{key}_file",), text)
    elif given is not None and not given.get_secret_value():
        yield Broken("name", (key,), "is empty, which would let everybody in")


class BasicSettings(Section):
    """A login with a password."""

    model_config = _one_of("password")

    username: Name = Field(description="Who logs in; no colon.", examples=["prometheus"])
    password: SecretStr | None = Field(
        default=None, description="The password; `password_file` keeps it out of this file."
    )
    password_file: FilePath | None = Field(
        default=None,
        description=(
            "File that holds the password, read again when it changes; a newline at its end is no "
            "part of it."
        ),
    )

    def _broken(self) -> Iterator[Broken]:
        if ":" in self.username:
            text = "a colon ends the name of a login, so none can be in it"
            yield Broken("name", ("username",), text)
        yield from _broken_secret("password", self.password, self.password_file is not None)


class BearerSettings(Section):
    """A token."""

    model_config = _one_of("token")

    token: SecretStr | None = Field(
        default=None, description="The token; `token_file` keeps it out of this file."
    )
    token_file: FilePath | None = Field(
        default=None,
        description=(
            "File that holds the token, read again when it changes; a newline at its end is no "
            "part of it."
        ),
    )

    def _broken(self) -> Iterator[Broken]:
        yield from _broken_secret("token", self.token, self.token_file is not None)


class AuthSettings(Section):
    """What opens the port: a login, a token, or either; `/-/healthy` and `/-/ready` need none."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    basic: BasicSettings | None = Field(default=None, description="A login with a password.")
    bearer: BearerSettings | None = Field(default=None, description="A token.")

    def _broken(self) -> Iterator[Broken]:
        if self.basic is None and self.bearer is None:
            text = "expected basic, bearer or both, found neither; without auth the port is open"
            yield Broken("nothing_in_it", (), text)


class HttpLimitSettings(Section):
    """What others may do to this process."""

    connections: Whole = Field(
        default=256, ge=2, le=10_000, description="Most connections at a time."
    )
    connections_per_address: Whole | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description=(
            "Most of them from one address; half of all, where it is left out. Beyond either, one "
            "that has not sent a whole request, is idle or does not take its answer goes for the "
            "new one."
        ),
    )
    cpu_ratio: Number = Field(
        default=0.05,
        ge=0.01,
        le=1,
        description=(
            "Of one core, the most that answers may take over time, but for health checks; beyond "
            "it they wait."
        ),
    )
    request_timeout: Annotated[Duration, between("1s", "5m")] = Field(
        default=Duration.parse("10s"),
        description="Within this a request has to be there whole, once it or its connection began.",
    )
    response_timeout: Annotated[Duration, between("1s", "5m")] = Field(
        default=Duration.parse("20s"), description="Within this an answer has to be taken."
    )
    max_header_bytes: Annotated[Size, Field(ge=1 << 10, le=1 << 20)] = Field(
        default=16 << 10, description="Largest head of a request, from 1KiB up to 1MiB."
    )

    def _broken(self) -> Iterator[Broken]:
        given = self.connections_per_address
        if given is not None and given > self.connections:
            text = f"expected at most connections, {self.connections:,}, found {given:,}"
            yield Broken("range", ("connections_per_address",), text)


class HttpSettings(Section):
    """The one port."""

    listen: Address = Field(
        default=Address("0.0.0.0", 8710),
        description="Host and port; `[::1]:8710` for IPv6, port 0 for any free one.",
    )
    reload: Switch = Field(
        default=False,
        description="Whether `POST /-/reload` reads this file again, as SIGHUP does.",
    )
    tls: TlsSettings | None = Field(default=None, description="HTTPS instead of HTTP.")
    auth: AuthSettings | None = Field(
        default=None, description="Who may read what is shown; without it everybody."
    )
    limits: HttpLimitSettings = Field(
        default_factory=HttpLimitSettings, description="What others may do to this process."
    )
