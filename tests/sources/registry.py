"""A schema registry on this machine that does as it is told."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Registry:
    """answers: by path, a status and what is sent as JSON. asked: (path, authorization)."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.location: str | None = None
        self.seconds = 0.0
        self.raw: bytes | None = None
        self.url = ""

    def put(self, number: int, schema: Any, **more: Any) -> None:
        """Have a schema of this number."""
        self.answers[f"/schemas/ids/{number}"] = (200, {"schema": json.dumps(schema), **more})


@contextmanager
def running_registry() -> Iterator[Registry]:
    registry = Registry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            registry.asked.append((self.path, self.headers.get("Authorization")))
            time.sleep(registry.seconds)
            missing = (404, {"error_code": 40403, "message": "Schema not found"})
            status, body = registry.answers.get(self.path, missing)
            data = json.dumps(body).encode() if registry.raw is None else registry.raw
            self.send_response(status)
            if registry.location is not None:
                self.send_header("Location", registry.location)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            try:
                self.wfile.write(data)
            except OSError:
                return  # who asked did not wait

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    registry.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
