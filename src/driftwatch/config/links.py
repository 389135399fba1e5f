"""Where people find what alerts and dashboards point to: the `links` section."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from driftwatch.config.problems import wrong
from driftwatch.config.section import Section
from driftwatch.config.shown import Filled, found, or_variable

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
_PATH = r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*"
_URL = re.compile(rf"https?://{_HOST}(?::[0-9]{{1,5}})?{_PATH}")
_LOGIN = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#]*@")
_EXPECTED = "expected an address like https://grafana.example.com, without a slash at its end"


def _web_address(value: object) -> object:
    if not isinstance(value, str) or _URL.fullmatch(value):
        return value
    if _LOGIN.match(value):
        # Not repeated: it may hold a password.
        raise wrong("web_address", "holds a login, which all who read an alert would see")
    near = next(filter(_URL.fullmatch, _near_forms(value)), None)
    hint = f'; did you mean "{near}"?' if near and not isinstance(value, Filled) else ""
    raise wrong("web_address", f"{_EXPECTED}; found {found(value)}{hint}")


def _near_forms(value: str) -> tuple[str, ...]:
    text = re.sub(r"[?#].*", "", value.strip(), flags=re.DOTALL).rstrip("/")
    return text, f"https://{text.lstrip('/')}", re.sub(r"^\w+:/+", "https://", text)


WebAddress = Annotated[
    str,
    BeforeValidator(_web_address),
    WithJsonSchema({"type": "string", "pattern": or_variable(r"^https?://[^\s/?#@]+[^\s?#]*$")}),
]
"""A page's address that others can be appended to."""


class LinkSettings(Section):
    """Where people find the pages that alerts and dashboards point to."""

    status_page: WebAddress = Field(
        default="http://localhost:8710",
        description="This process's own pages, as people reach them.",
    )
    dashboards: WebAddress = Field(default="http://localhost:3000", description="Grafana.")
    runbooks: WebAddress = Field(
        default="http://localhost:8000/runbook",
        description="The folder of the pages that say what to do about an alert.",
    )
