"""Certificates of a private authority, made by the ``openssl`` program."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.harness.tools import program

_CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_DAYS = "2"


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, both as PEM."""

    certfile: Path
    keyfile: Path

    def with_password(self, password: str) -> "Certificate":
        """The same with a key that is encrypted."""
        encrypted = self.keyfile.with_suffix(".encrypted.key")
        _openssl(
            "pkcs8",
            *("-topk8", "-in", self.keyfile, "-out", encrypted, "-passout", f"pass:{password}"),
        )
        return Certificate(self.certfile, encrypted)

    @property
    def in_one(self) -> str:
        """The key and the certificate, as one text."""
        return self.keyfile.read_text() + self.certfile.read_text()


class Authority:
    """Signs certificates that are good for two days.

    Args:
        folder: an existing folder for all that it makes.
        name: its own name, and that of its files.
    """

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder = folder
        self.cafile, self._key = folder / f"{name}.pem", folder / f"{name}.key"
        _openssl(
            *("req", "-x509", *_CURVE, "-days", _DAYS, "-subj", f"/CN={name}"),
            *("-keyout", self._key, "-out", self.cafile),
        )

    def sign(self, name: str, *hosts: str) -> Certificate:
        """A new certificate.

        Args:
            name: whose it is.
            hosts: names and addresses of a server; none for a client.
        """
        made = Certificate(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        request, extensions = made.certfile.with_suffix(".csr"), made.certfile.with_suffix(".ext")
        kinds = (f"IP:{h}" if h.replace(".", "").isdigit() else f"DNS:{h}" for h in hosts)
        extensions.write_text(f"subjectAltName={','.join(kinds)}\n" if hosts else "")
        _openssl(
            *("req", *_CURVE, "-subj", f"/CN={name}", "-keyout", made.keyfile, "-out", request)
        )
        _openssl(
            *("x509", "-req", "-in", request, "-days", _DAYS, "-extfile", extensions),
            *("-CA", self.cafile, "-CAkey", self._key, "-CAcreateserial", "-out", made.certfile),
        )
        return made


def _openssl(*arguments: str | Path) -> None:
    subprocess.run([program("openssl"), *arguments], check=True, capture_output=True, text=True)
