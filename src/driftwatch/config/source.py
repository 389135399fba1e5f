"""Where records come from: the `source` section."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, PlainSerializer, PlainValidator, SecretStr, WithJsonSchema

from driftwatch.config.durations import PATTERN, Duration, between
from driftwatch.config.problems import Broken, wrong
from driftwatch.config.section import Section
from driftwatch.config.shown import did_you_mean, found
from driftwatch.config.values import (
    Broker,
    CommaSeparated,
    FilePath,
    Listed,
    Name,
    OneOrMany,
    Topic,
    not_yet,
)

_WORDS = ("window", "earliest", "latest")


def _start(value: object) -> object:
    if isinstance(value, Duration) or (isinstance(value, str) and value in _WORDS):
        return str(value) if isinstance(value, str) else value
    near = did_you_mean(value, _WORDS)
    if near:
        text = f"expected window, earliest, latest or a duration like 6h, found {found(value)}"
        raise wrong("choice", text + near)
    return Duration.validate(value)


Start = Annotated[
    Literal["window", "earliest", "latest"] | Duration,
    PlainValidator(_start),
    PlainSerializer(str),
    WithJsonSchema({"anyOf": [{"enum": list(_WORDS)}, {"type": "string", "pattern": PATTERN}]}),
]
_START = (
    "Where to begin when nothing was read before: one longest window back (`window`), either end "
    "of the log (`earliest`, `latest`), or this long ago (`6h`)."
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
    client: Annotated[Literal["kafka-python"], not_yet("confluent")] = Field(
        default="kafka-python", description="Library that talks to the brokers."
    )
    start: Start = Field(default="window", description=_START)
    session_timeout: Annotated[Duration, between("1s", "30m")] = Field(
        default=Duration.parse("45s"),
        description="After this long without a heartbeat the group gives the partitions to others.",
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="With TLS (`SSL`), with a login (`SASL`), or both."
    )
    sasl_mechanism: (
        Annotated[
            Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"],
            not_yet("GSSAPI", "OAUTHBEARER", "AWS_MSK_IAM"),
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

    def _broken(self) -> Iterator[Broken]:
        yield from self._broken_login()
        tls = self.security_protocol.endswith("SSL")
        for key in ("ssl_cafile", "ssl_certfile", "ssl_keyfile"):
            if getattr(self, key) is not None and not tls:
                text = f"has no effect with security_protocol {self.security_protocol}"
                yield Broken("tls_without_protocol", (key,), f"{text}; write SSL or SASL_SSL there")
        if self.ssl_keyfile is not None and self.ssl_certfile is None:
            text = "a key needs its certificate; add ssl_certfile"
            yield Broken("key_without_certificate", ("ssl_keyfile",), text)

    def _broken_login(self) -> Iterator[Broken]:
        keys = ("sasl_mechanism", "sasl_username", "sasl_password", "sasl_password_file")
        given = [key for key in keys if getattr(self, key) is not None]
        if not self.security_protocol.startswith("SASL"):
            for key in given:
                text = f"has no effect with security_protocol {self.security_protocol}"
                fix = "write SASL_SSL or SASL_PLAINTEXT there"
                yield Broken("sasl_without_protocol", (key,), f"{text}; {fix}")
            return
        lacking = [key for key in keys[:2] if key not in given]
        if not given or not any(key.startswith("sasl_password") for key in given):
            lacking.append("sasl_password_file (or sasl_password)")
        if lacking:
            text = f"{self.security_protocol} also needs {', '.join(lacking)}"
            yield Broken("sasl_incomplete", ("security_protocol",), text)
        if self.sasl_password is not None and self.sasl_password_file is not None:
            text = "sasl_password is given too; keep one of them"
            yield Broken("two_passwords", ("sasl_password_file",), text)


class FilesSource(Section):
    """Files of one record a line that grow and rotate."""

    path: OneOrMany[FilePath] = Field(
        description="A folder or a file; or a list of them.",
        examples=["/var/log/fraud"],
    )
    pattern: OneOrMany[Name] = Field(
        default=("*.jsonl", "*.ndjson", "*.json", "*.log"),
        description="Which files of a folder are read, by their names.",
    )
    start: Start = Field(default="window", description=_START)


class StdinSource(Section):
    """Standard input, one record a line. It can't be read twice."""


class SourceSettings(Section):
    """Where records come from: one of these."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    kafka: KafkaSource | None = Field(default=None, description="Topics of a Kafka cluster.")
    files: FilesSource | None = Field(default=None, description="Files that grow and rotate.")
    stdin: StdinSource | None = Field(
        default=None, description="Standard input; write `stdin: {}`."
    )

    def _broken(self) -> Iterator[Broken]:
        given = [name for name in ("kafka", "files", "stdin") if getattr(self, name) is not None]
        if len(given) != 1:
            found_text = " and ".join(given) or "none"
            text = f"expected exactly one of kafka, files and stdin, found {found_text}"
            yield Broken("one_source", (), text)
