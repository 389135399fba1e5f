"""Where Avro schemas come from: the `decode.schemas` section."""

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, SecretStr, WithJsonSchema

from driftwatch.config.problems import Broken, wrong
from driftwatch.config.section import Section
from driftwatch.config.shown import found, or_variable
from driftwatch.config.values import FilePath, Name

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
_URL = re.compile(rf"https?://{_HOST}(?::[0-9]{{1,5}})?(?:/[A-Za-z0-9._~%-]+)*/?")


def _registry_url(value: object) -> object:
    if not isinstance(value, str) or _URL.fullmatch(value):
        return value
    if "@" in value:  # not repeated: it may hold a password
        raise wrong("web_address", "holds a login; write username and password_file beside it")
    text = f"expected an address like http://registry:8081, found {found(value)}"
    raise wrong("web_address", text)


RegistryUrl = Annotated[
    str,
    BeforeValidator(_registry_url),
    WithJsonSchema({"type": "string", "pattern": or_variable(r"^https?://[^\s/?#@]+[^\s?#@]*$")}),
]
"""Where a registry is."""


class RegistrySettings(Section):
    """A schema registry that speaks Confluent's protocol, and how to log in."""

    url: RegistryUrl = Field(
        description="Where it is; http or https.", examples=["http://registry:8081"]
    )
    username: Name | None = Field(default=None, description="Who logs in.")
    password: SecretStr | None = Field(
        default=None, description="The password; `password_file` keeps it out of this file."
    )
    password_file: FilePath | None = Field(
        default=None,
        description="File that holds the password; a newline at its end is no part of it.",
    )
    token: SecretStr | None = Field(
        default=None, description="A bearer token; `token_file` keeps it out of this file."
    )
    token_file: FilePath | None = Field(
        default=None,
        description="File that holds the token; read again for each request.",
    )
    cafile: FilePath | None = Field(
        default=None,
        description="Certificates (PEM) that the registry's is checked against; else the system's.",
    )

    def _broken(self) -> Iterator[Broken]:
        for key in ("password", "token"):
            if getattr(self, key) is not None and getattr(self, f"{key}_file") is not None:
                text = f"{key} is given too; keep one of them"
                yield Broken("two_passwords", (f"{key}_file",), text)
        has_password = self.password is not None or self.password_file is not None
        if (self.username is None) == has_password:
            lacking = "username" if self.username is None else "password_file (or password)"
            yield Broken("sasl_incomplete", (), f"a login also needs {lacking}")
        if self.username is not None and (self.token is not None or self.token_file is not None):
            text = "has no effect beside a token; keep one of them"
            yield Broken("two_passwords", ("username",), text)


class SchemaSettings(Section):
    """One of `registry` and `folder`."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["registry"]}, {"required": ["folder"]}]}
    )

    registry: RegistrySettings | None = Field(
        default=None,
        description="A schema registry.",
        examples=[{"url": "http://registry:8081"}],
    )
    folder: FilePath | None = Field(
        default=None,
        description="Folder of schemas, each in a file called by its number: `17.avsc`.",
        examples=["/etc/driftwatch/schemas"],
    )

    def _broken(self) -> Iterator[Broken]:
        if (self.registry is None) == (self.folder is None):
            given = "neither" if self.registry is None else "both"
            text = f"expected either registry: {{url: URL}} or folder: FOLDER, found {given}"
            yield Broken("one_of_schemas", (), text)
