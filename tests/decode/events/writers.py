"""Writes the same predictions in each format, as some server would."""

import base64
import gzip
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from driftwatch.decode.events.message import Message
from tests.decode.events.serving_logs import BEGIN_US

Row = Mapping[str, Any]
Writer = Callable[[int, int, Sequence[Row], Sequence[Row]], list[Message]]
"""(number, time_us, features, predictions) of one request as the entries of a log."""

KIND = "org.kubeflow.serving.inference."


def as_text(value: object) -> bytes:
    return json.dumps(value).encode()


def tensors(rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [
        {"name": name, "shape": [len(rows)], "datatype": "BYTES", "data": [r[name] for r in rows]}
        for name in rows[0]
    ]


def v1(features: Sequence[Row], predictions: Sequence[Row]) -> tuple[bytes, bytes]:
    return as_text({"instances": list(features)}), as_text({"predictions": list(predictions)})


def v1_lists(features: Sequence[Row], predictions: Sequence[Row]) -> tuple[bytes, bytes]:
    asked, answered = ([list(row.values()) for row in rows] for rows in (features, predictions))
    return as_text({"instances": asked}), as_text({"predictions": answered})


def v2(features: Sequence[Row], predictions: Sequence[Row]) -> tuple[bytes, bytes]:
    return as_text({"inputs": tensors(features)}), as_text({"outputs": tensors(predictions)})


def seldon_body(features: Sequence[Row], predictions: Sequence[Row]) -> tuple[bytes, bytes]:
    def body(rows: Sequence[Row]) -> bytes:
        names, values = list(rows[0]), [list(row.values()) for row in rows]
        return as_text({"data": {"names": names, "ndarray": values}})

    return body(features), body(predictions)


def kserve(body: Callable[..., tuple[bytes, bytes]], pack: bool = False) -> Writer:
    def write(
        number: int, time_us: int, features: Sequence[Row], predictions: Sequence[Row]
    ) -> list[Message]:
        found = []
        for side, value in zip(("request", "response"), body(features, predictions), strict=True):
            headers = {
                "ce_type": f"{KIND}{side}",
                "ce_id": str(number),
                "ce_inferenceservicename": "fraud",
            }
            packed = gzip.compress(value) if pack else value
            found.append(Message(packed, headers, None, "log", time_us))
        return found

    return write


def structured(
    number: int, time_us: int, features: Sequence[Row], predictions: Sequence[Row]
) -> list[Message]:
    found = []
    for side, body in zip(("request", "response"), v1(features, predictions), strict=True):
        event = {"specversion": "1.0", "id": str(number), "type": f"{KIND}{side}"}
        event |= {"inferenceservicename": "fraud", "source": "/"}
        more = {"data": json.loads(body)}
        if number % 2:
            more = {"data_base64": base64.b64encode(body).decode()}
        found.append(Message(as_text({**event, **more}), {}, None, "log", time_us))
    return found


def seldon(
    number: int, time_us: int, features: Sequence[Row], predictions: Sequence[Row]
) -> list[Message]:
    found = []
    for side, body in zip(("request", "response"), seldon_body(features, predictions), strict=True):
        kind = f"io.seldon.serving.inference.{side}"
        headers = {"type": kind, "requestid": str(number), "modelid": "fraud"}
        found.append(Message(body, headers, None, "log", time_us))
    return found


def mlserver(
    number: int, time_us: int, features: Sequence[Row], predictions: Sequence[Row]
) -> list[Message]:
    key, headers = str(number).encode(), {"mlserver-model": "fraud"}
    asked, answered = v2(features, predictions)
    return [
        Message(asked, headers, key, "mlserver-input", time_us),
        Message(answered, headers, key, "mlserver-output", time_us),
    ]


def sagemaker(
    number: int, time_us: int, features: Sequence[Row], predictions: Sequence[Row]
) -> list[Message]:
    def end(rows: Sequence[Row]) -> dict[str, str]:
        data = json.dumps(list(rows))
        return {"observedContentType": "application/json", "data": data, "encoding": "JSON"}

    event = {
        "captureData": {"endpointInput": end(features), "endpointOutput": end(predictions)},
        "eventMetadata": {"eventId": str(number)},
    }
    return [Message(as_text(event), {}, None, "log", time_us)]


def sagemaker_csv(
    number: int, time_us: int, features: Sequence[Row], predictions: Sequence[Row]
) -> list[Message]:
    def end(rows: Sequence[Row]) -> dict[str, str]:
        data = io.StringIO()
        for row in rows:
            cells = ("" if cell is None else str(cell) for cell in row.values())
            data.write(",".join(cells) + "\n")
        return {"observedContentType": "text/csv", "data": data.getvalue(), "encoding": "CSV"}

    event = {
        "captureData": {"endpointInput": end(features), "endpointOutput": end(predictions)},
        "eventMetadata": {"eventId": str(number)},
    }
    return [Message(as_text(event), {}, None, "log", time_us)]


WRITERS: Mapping[str, tuple[str, Writer]] = {
    "kserve v1": ("kserve", kserve(v1)),
    "kserve v1, lists": ("kserve", kserve(v1_lists)),
    "kserve v1, packed": ("kserve", kserve(v1, pack=True)),
    "kserve v2": ("kserve", kserve(v2)),
    "kserve, structured": ("kserve", structured),
    "seldon": ("seldon", seldon),
    "mlserver": ("mlserver", mlserver),
    "sagemaker": ("sagemaker", sagemaker),
}


def json_records(time_us: int, features: Sequence[Row], predictions: Sequence[Row]) -> list[bytes]:
    """The same as records of the `json` format."""
    return [
        as_text({"ts": time_us, "features": asked, "out": answered})
        for asked, answered in zip(features, predictions, strict=True)
    ]


TIMES = [BEGIN_US + second * 1_000_000 for second in range(60)]
