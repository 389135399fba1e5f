"""A bucket on this machine: as much of S3's protocol as reading needs."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


@contextmanager
def object_store(objects: Mapping[str, bytes]) -> Iterator[str]:
    """Serve some objects by name (`bucket/key`); gives the query that an s3:// URL needs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, body: bool) -> None:
            url = urlsplit(self.path)
            name, query = unquote(url.path.strip("/")), parse_qs(url.query)
            if "list-type" in query:
                self._send(200, _listing(objects, name, query), body)
            elif name in objects:
                data = objects[name]
                asked = self.headers.get("Range")
                if asked:
                    first, last = asked.removeprefix("bytes=").split("-")
                    self._send(206, data[int(first) : int(last) + 1], body)
                else:
                    self._send(200, data, body)
            else:
                self._send(404, b"<Error><Code>NoSuchKey</Code></Error>", body)

        def _send(self, status: int, data: bytes, body: bool) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
            self.end_headers()
            if body:
                self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        port = server.server_address[1]
        yield f"scheme=http&endpoint_override=127.0.0.1:{port}&region=us-east-1"
        server.shutdown()
        thread.join()


def _listing(objects: Mapping[str, bytes], bucket: str, query: Mapping[str, list[str]]) -> bytes:
    prefix = query.get("prefix", [""])[0]
    delimiter = query.get("delimiter", [""])[0]
    entries, folders = [], set()
    for name, data in sorted(objects.items()):
        key = name.removeprefix(f"{bucket}/")
        if not name.startswith(f"{bucket}/") or not key.startswith(prefix):
            continue
        below = key.removeprefix(prefix)
        if delimiter and delimiter in below:
            folders.add(prefix + below.split(delimiter)[0] + delimiter)
            continue
        entries.append(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(data)}</Size>"
            "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
        )
    common = "".join(
        f"<CommonPrefixes><Prefix>{escape(folder)}</Prefix></CommonPrefixes>" for folder in folders
    )
    return (
        f"<ListBucketResult><Name>{bucket}</Name><KeyCount>{len(entries) + len(folders)}</KeyCount>"
        f"<IsTruncated>false</IsTruncated>{''.join(entries)}{common}</ListBucketResult>"
    ).encode()
