"""TLS: the certificate that the port shows, and the ones that it asks for."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from driftwatch.errors import ConfigError
from driftwatch.web.watched import Watched


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files.

    client_cafile: whoever connects needs a certificate that one of these has signed; None where
    nobody needs one.
    places: where the setting of each stands, for the head of a message about it; by default the
    setting's own name.
    """

    certfile: Path
    keyfile: Path
    client_cafile: Path | None = None
    places: Mapping[str, str] = field(default_factory=dict)

    def place(self, key: str) -> str:
        """The head of a message about one of them."""
        return self.places.get(key, f"http.tls.{key}")


class Tls:
    """The contexts of connections to come, TLS 1.2 or newer. Those that run keep theirs.

    Raises:
        ConfigError: which file is wrong, and how.
    """

    def __init__(self, files: TlsFiles) -> None:
        given = {files.place("certfile"): files.certfile, files.place("keyfile"): files.keyfile}
        if files.client_cafile is not None:
            given[files.place("client_cafile")] = files.client_cafile
        self._watched = Watched(given, lambda contents: _context(files, *contents))

    def context(self) -> ssl.SSLContext:
        """The one for a connection that begins now."""
        return self._watched.get()


def _context(
    files: TlsFiles, certificate: bytes, key: bytes, authorities: bytes | None = None
) -> ssl.SSLContext:
    if b"-----BEGIN CERTIFICATE-----" not in certificate:
        _refuse(files, "certfile", f"{files.certfile} holds no certificate in PEM")
    if b"PRIVATE KEY-----" not in key:
        _refuse(files, "keyfile", f"{files.keyfile} holds no private key in PEM")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])

    def no_password() -> NoReturn:
        text = f"{files.keyfile} is encrypted, and there is no password for it; decrypt the key"
        _refuse(files, "keyfile", text)

    try:
        context.load_cert_chain(files.certfile, files.keyfile, no_password)
    except (OSError, ValueError) as problem:
        if "KEY_VALUES_MISMATCH" in str(problem):
            _refuse(files, "keyfile", f"{files.keyfile} is not the key of {files.certfile}")
        text = f"{files.certfile} and {files.keyfile} are no certificate and its key: {problem}"
        _refuse(files, "certfile", text)
    if authorities is not None:
        try:
            context.load_verify_locations(cadata=authorities.decode("ascii", "replace"))
        except (OSError, ValueError) as problem:
            text = f"{files.client_cafile} holds no certificates in PEM: {problem}"
            _refuse(files, "client_cafile", text)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _refuse(files: TlsFiles, key: str, text: str) -> NoReturn:
    raise ConfigError(f"{files.place(key)}: {text}")
