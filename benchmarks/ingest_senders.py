"""The senders of `benchmarks.ingest`, in a process of their own; it gives them their arguments."""

import json
import socket
import sys
import threading
import time
from dataclasses import dataclass, field

from benchmarks.ingest import COLUMNS, EVENT


@dataclass
class Sent:
    accepted: int = 0
    refused: int = 0
    waits: list[float] = field(default_factory=list)


def body_of(batch: int) -> bytes:
    features = {f"column_{i:02}": round(0.123456 * i, 6) for i in range(COLUMNS)}
    record = {"ts": time.time(), "features": features, "prediction": 0.5}
    return b"\n".join([json.dumps(record).encode()] * batch)


def send(port: int, until: float, batch: int, sent: Sent) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        headers = EVENT if batch == 1 else b"content-type: application/x-ndjson\r\n"
        while time.monotonic() < until:
            body = body_of(batch)
            head = b"POST /v1/events HTTP/1.1\r\nhost: x\r\n%scontent-length: %d\r\n\r\n"
            begin = time.monotonic()
            connection.sendall(head % (headers, len(body)) + body)
            answer = connection.recv(1 << 16)
            sent.waits.append(time.monotonic() - begin)
            if answer.startswith(b"HTTP/1.1 202"):
                sent.accepted += 1
            else:
                sent.refused += 1
                time.sleep(0.1)


def main() -> None:
    port, senders = int(sys.argv[1]), int(sys.argv[2])
    seconds, batch = float(sys.argv[3]), int(sys.argv[4])
    results = [Sent() for _ in range(senders)]
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=send, args=(port, until, batch, one)) for one in results]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    waits = sorted(wait for one in results for wait in one.waits)
    print(
        json.dumps(
            {
                "accepted": sum(one.accepted for one in results),
                "refused": sum(one.refused for one in results),
                "seconds": seconds,
                "bytes": len(body_of(1)),
                "middle_ms": waits[len(waits) // 2] * 1e3,
                "most_ms": waits[int(len(waits) * 0.99)] * 1e3,
            }
        )
    )


if __name__ == "__main__":
    main()
