"""A serving log in Kafka: the `source.kafka` section."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from driftwatch.config.durations import Duration, between
from driftwatch.config.problems import Broken
from driftwatch.config.section import Section
from driftwatch.config.start import START_DESCRIPTION, Start
from driftwatch.config.values import Broker, CommaSeparated, FilePath, Listed, Name, Topic, not_yet

_LOGIN = ("sasl_username", "sasl_password", "sasl_password_file")
_TLS = (
    "ssl_cafile",
    "ssl_certfile",
    "ssl_keyfile",
    "ssl_keyfile_password",
    "ssl_keyfile_password_file",
)


class KafkaSource(Section):
    """Topics of a Kafka cluster, read as a member of a consumer group."""

    bootstrap_servers: CommaSeparated[Broker] = Field(
        description="Brokers to ask first, as a list or with commas between them.",
        examples=[["localhost:9092"]],
    )
    topics: Listed[Topic] = Field(
        description="Topics that hold the serving log.",
        examples=[["fraud-log"]],
    )
    group_id: Name = Field(
        default="driftwatch",
        description="Consumer group. Members of one group share the partitions.",
    )
    group_instance_id: Name | None = Field(
        default=None,
        description="A name of this member that outlives a restart, so that its partitions wait "
        "for it as long as `session_timeout`. In a StatefulSet of Kubernetes: `${HOSTNAME}`.",
        examples=["driftwatch-0"],
    )
    assignment: Literal["range", "roundrobin", "cooperative-sticky"] = Field(
        default="range",
        description="How the group shares out its partitions; the same for all its members. With "
        "`cooperative-sticky` only what moves to another member stands still meanwhile.",
    )
    client: Literal["kafka-python", "confluent"] = Field(
        default="kafka-python",
        description="Library that talks to the brokers. `confluent` is several times faster and "
        "takes `pip install 'driftwatch-daemon[fast]'`.",
    )
    start: Start = Field(default="window", description=START_DESCRIPTION)
    session_timeout: Annotated[Duration, between("1s", "30m")] = Field(
        default=Duration.parse("45s"),
        description="After this long without a heartbeat the group gives the partitions to others.",
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="With TLS (`SSL`), with a login (`SASL`), or both."
    )
    sasl_mechanism: (
        Annotated[
            Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"],
            not_yet("GSSAPI", "AWS_MSK_IAM"),
        ]
        | None
    ) = Field(default=None, description="How to log in.", examples=["SCRAM-SHA-512"])
    sasl_username: Name | None = Field(default=None, description="Who logs in.")
    sasl_password: SecretStr | None = Field(
        default=None, description="The password; `sasl_password_file` keeps it out of this file."
    )
    sasl_password_file: FilePath | None = Field(
        default=None,
        description="File that holds the password; a newline at its end is no part of it.",
    )
    sasl_token_file: FilePath | None = Field(
        default=None,
        description="File that holds the token of OAUTHBEARER; read again for each login.",
        examples=["/var/run/secrets/kafka/token"],
    )
    ssl_cafile: FilePath | None = Field(
        default=None,
        description="Certificates (PEM) that the brokers' are checked against; else the system's.",
    )
    ssl_certfile: FilePath | None = Field(
        default=None, description="Our own certificate (PEM), for brokers that ask for one."
    )
    ssl_keyfile: FilePath | None = Field(
        default=None, description="The key (PEM) of `ssl_certfile`, where that holds none."
    )
    ssl_keyfile_password: SecretStr | None = Field(
        default=None, description="The password of the key, where it is encrypted."
    )
    ssl_keyfile_password_file: FilePath | None = Field(
        default=None, description="File that holds the password of the key."
    )

    def _broken(self) -> Iterator[Broken]:
        yield from self._broken_login()
        given = [key for key in _TLS if getattr(self, key) is not None]
        if not self.security_protocol.endswith("SSL"):
            for key in given:
                text = f"has no effect with security_protocol {self.security_protocol}"
                yield Broken("tls_without_protocol", (key,), f"{text}; write SSL or SASL_SSL there")
        if self.ssl_certfile is None and any("keyfile" in key for key in given):
            key = next(key for key in given if "keyfile" in key)
            text = "a key needs its certificate; add ssl_certfile"
            yield Broken("key_without_certificate", (key,), text)
        yield from self._broken_twice("ssl_keyfile_password")

    def _broken_login(self) -> Iterator[Broken]:
        keys = ("sasl_mechanism", *_LOGIN, "sasl_token_file")
        given = [key for key in keys if getattr(self, key) is not None]
        if not self.security_protocol.startswith("SASL"):
            for key in given:
                text = f"has no effect with security_protocol {self.security_protocol}"
                fix = "write SASL_SSL or SASL_PLAINTEXT there"
                yield Broken("sasl_without_protocol", (key,), f"{text}; {fix}")
            return
        lacking = self._lacking(given)
        if lacking:
            text = f"{self.security_protocol} also needs {', '.join(lacking)}"
            yield Broken("sasl_incomplete", ("security_protocol",), text)
        if self.sasl_mechanism is not None:
            others = _LOGIN if self.sasl_mechanism == "OAUTHBEARER" else ("sasl_token_file",)
            for key in (key for key in given if key in others):
                text = f"has no effect with sasl_mechanism {self.sasl_mechanism}; take it out"
                yield Broken("sasl_without_protocol", (key,), text)
        yield from self._broken_twice("sasl_password")

    def _lacking(self, given: list[str]) -> list[str]:
        """What a login needs that is not given."""
        if self.sasl_mechanism == "OAUTHBEARER":
            return [key for key in ("sasl_token_file",) if key not in given]
        lacking = [key for key in ("sasl_mechanism", "sasl_username") if key not in given]
        if not any(key.startswith("sasl_password") for key in given):
            lacking.append("sasl_password_file (or sasl_password)")
        return lacking

    def _broken_twice(self, key: str) -> Iterator[Broken]:
        """A secret and the file of the secret."""
        if getattr(self, key) is not None and getattr(self, f"{key}_file") is not None:
            text = f"{key} is given too; keep one of them"
            yield Broken("two_passwords", (f"{key}_file",), text)
