"""Certificates for a test, each signed by itself and so its own authority."""

import ssl
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.harness.tools import program


class Certificate(NamedTuple):
    """PEM files."""

    certfile: Path
    keyfile: Path


def certificate(folder: Path, name: str) -> Certificate:
    """One for 127.0.0.1, of this name; made by OpenSSL."""
    made = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    command = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        f"/CN={name}",
    ]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(made.keyfile), "-out", str(made.certfile)]
    subprocess.run([program("openssl"), *command], check=True, capture_output=True)
    return made


def trusting(server: Certificate, shown: Certificate | None = None) -> ssl.SSLContext:
    """A client that trusts this server alone, and shows a certificate of its own."""
    context = ssl.create_default_context(cafile=str(server.certfile))
    if shown is not None:
        context.load_cert_chain(*shown)
    return context
