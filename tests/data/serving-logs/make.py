"""Writes the examples of serving logs beside it: run it from anywhere; it needs nothing but Python.

Each file holds entries as a model server writes them, by the specification of its format, and the
records that they say. `value` is JSON as it stands; `text` is text; `base64` is bytes.
"""

import base64
import gzip
import json
import struct
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
NAMES = ["amount", "country", "age"]

KSERVE = {
    "ce_specversion": "1.0",
    "ce_source": "http://localhost:9081/",
    "ce_inferenceservicename": "fraud",
    "ce_namespace": "shop",
    "ce_component": "predictor",
    "ce_endpoint": "default",
    "content-type": "application/json",
}
TYPES = "org.kubeflow.serving.inference."
SELDON = {
    "inferenceservicename": "shop-fraud",
    "modelid": "fraud",
    "namespace": "shop",
    "endpoint": "default",
    "protocol": "seldon",
    "content-type": "application/json",
}


def kserve(side: str, number: int, second: int, **value: Any) -> dict[str, Any]:
    headers = {
        **KSERVE,
        "ce_id": f"5d0b-{number}",
        "ce_type": f"{TYPES}{side}",
        "ce_time": f"2026-01-01T00:00:{second:02d}.250Z",
    }
    return {"headers": headers, **value}


def structured(side: str, number: int, second: int, **body: Any) -> dict[str, Any]:
    plain = {name.removeprefix("ce_"): value for name, value in KSERVE.items()}
    del plain["content-type"]
    event = {
        **plain,
        "id": f"5d0b-{number}",
        "type": f"{TYPES}{side}",
        "time": f"2026-01-01T00:00:{second:02d}.250Z",
        "datacontenttype": "application/json",
        **body,
    }
    headers = {"content-type": "application/cloudevents+json; charset=UTF-8"}
    return {"headers": headers, "value": event}


def seldon(side: str, number: int, body: Any) -> dict[str, Any]:
    kind = f"io.seldon.serving.inference.{side}"
    return {"headers": {**SELDON, "type": kind, "requestid": f"r-{number}"}, "value": body}


def mlserver(topic: str, number: int, body: Any) -> dict[str, Any]:
    headers = {"mlserver-model": "fraud", "mlserver-version": "3", "mlserver-method": "ModelInfer"}
    return {"topic": topic, "key": f"id-{number}", "headers": headers, "value": body}


def sagemaker(second: int, asked: Any, answered: Any, **about: Any) -> dict[str, Any]:
    def end(mode: str, kind: str, encoding: str, data: str) -> dict[str, str]:
        return {"observedContentType": kind, "mode": mode, "data": data, "encoding": encoding}

    return {
        "value": {
            "captureData": {
                "endpointInput": end("INPUT", *asked),
                "endpointOutput": end("OUTPUT", *answered),
            },
            "eventMetadata": {
                "eventId": f"e-{second}",
                "inferenceTime": f"2026-01-01T00:00:{second:02d}Z",
                **about,
            },
            "eventVersion": "0",
        }
    }


def packed(body: Any) -> str:
    return base64.b64encode(gzip.compress(json.dumps(body).encode(), mtime=0)).decode()


def record(
    second: float, features: dict[str, Any], predictions: dict[str, Any], **more: Any
) -> Any:
    return {"second": second, "features": features, "predictions": predictions, **more}


def columns(*rows: list[Any]) -> list[dict[str, Any]]:
    shapes = ("FP64", "BYTES", "INT32")
    return [
        {"name": name, "shape": [len(rows)], "datatype": kind, "data": list(cells)}
        for name, kind, cells in zip(NAMES, shapes, zip(*rows, strict=True), strict=True)
    ]


GOOD = {"amount": 12.5, "country": "DE", "age": 41}
OTHER = {"amount": 3, "country": "FR", "age": 20}
ROWS = [[12.5, "DE", 41], [3, "FR", 20]]
BINARY = json.dumps(
    {
        "inputs": [
            {
                "name": "x",
                "shape": [2, 2],
                "datatype": "FP32",
                "parameters": {"binary_data_size": 16},
            },
            {
                "name": "country",
                "shape": [2, 1],
                "datatype": "BYTES",
                "parameters": {"binary_data_size": 12},
            },
        ]
    }
).encode()
TENSORS = struct.pack("<4f", 1.5, 2.5, -1.0, 0.0) + b"\x02\0\0\0DE\x02\0\0\0FR"
X = {"name": "x", "shape": [2, 3], "datatype": "FP32"}
PROBS = {"name": "probs", "shape": [2, 2], "datatype": "FP64", "data": [0.9, 0.1, 0.4, 0.6]}

FILES: dict[str, Any] = {
    "kserve": {
        "decode": {"feature_names": NAMES, "prediction_names": ["score"]},
        "entries": [
            kserve("request", 1, 1, value={"instances": ROWS}),
            kserve("response", 1, 2, value={"predictions": [0.07, 0.93]}),
            kserve("response", 2, 4, value={"predictions": [{"score": 0.5, "why": {"age": 1}}]}),
            kserve("request", 2, 3, base64=packed({"instances": [GOOD]})),
            structured("request", 3, 5, data={"instances": [ROWS[1]]}),
            structured(
                "response", 3, 6, data_base64=base64.b64encode(b'{"predictions":[[0.2]]}').decode()
            ),
            kserve("request", 4, 7, text='{"instances": [[NaN, null, 7]]}'),
            kserve("response", 4, 8, text='{"predictions": [Infinity]}'),
            kserve("request", 5, 9, value={"instances": ROWS}),
            kserve("response", 5, 10, value={"predictions": [0.1]}),
            kserve("request", 6, 11, value={"instances": ROWS}),
            kserve("feedback", 7, 12, value={"truth": [1]}),
            kserve("request", 8, 13, text="<html>busy</html>"),
            kserve("request", 9, 14, base64=base64.b64encode(b"\x1f\x8b\x08 broken").decode()),
        ],
        "records": [
            record(2.25, GOOD, {"score": 0.07}, id="5d0b-1", model="fraud"),
            record(2.25, OTHER, {"score": 0.93}, id="5d0b-1", model="fraud"),
            record(4.25, GOOD, {"score": 0.5, "why": {"age": 1}}, id="5d0b-2", model="fraud"),
            record(6.25, OTHER, {"score": 0.2}, id="5d0b-3", model="fraud"),
            record(
                8.25,
                {"amount": "NaN!", "country": None, "age": 7},
                {"score": "Infinity!"},
                id="5d0b-4",
                model="fraud",
            ),
        ],
        "rejected": ["shape_mismatch", "feedback", "unparsable", "bad_encoding"],
        "waiting": ["5d0b-6"],
    },
    "kserve-v2": {
        "decode": {},
        "entries": [
            kserve("request", 1, 1, value={"id": "same", "inputs": columns(*ROWS)}),
            kserve(
                "response",
                1,
                2,
                value={
                    "id": "same",
                    "model_name": "fraud-onnx",
                    "model_version": "3",
                    "outputs": [PROBS],
                },
            ),
            kserve(
                "request", 2, 3, value={"id": "same", "inputs": [{**X, "data": [1, 2, 3, 4, 5, 6]}]}
            ),
            kserve(
                "response",
                2,
                4,
                value={
                    "id": "same",
                    "outputs": [
                        {"name": "ok", "shape": [2, 1], "datatype": "BOOL", "data": [[1], [0]]},
                        {**PROBS, "data": [[0.9, 0.1], [0.4, 0.6]]},
                    ],
                },
            ),
            kserve("request", 3, 5, base64=base64.b64encode(BINARY + TENSORS).decode()),
            kserve("response", 3, 6, value={"outputs": [PROBS]}),
            kserve("request", 4, 7, base64=base64.b64encode(BINARY + TENSORS).decode()),
            kserve("request", 5, 8, value={"inputs": [{**X, "data": [1, 2, 3, 4]}]}),
        ],
        "records": [
            record(
                2.25, GOOD, {"probs": [0.9, 0.1]}, id="5d0b-1", model="fraud", model_version="3"
            ),
            record(
                2.25, OTHER, {"probs": [0.4, 0.6]}, id="5d0b-1", model="fraud", model_version="3"
            ),
            record(
                4.25,
                {"x": [1, 2, 3]},
                {"ok": True, "probs": [0.9, 0.1]},
                id="5d0b-2",
                model="fraud",
            ),
            record(
                4.25,
                {"x": [4, 5, 6]},
                {"ok": False, "probs": [0.4, 0.6]},
                id="5d0b-2",
                model="fraud",
            ),
            record(
                6.25,
                {"x": [1.5, 2.5], "country": "DE"},
                {"probs": [0.9, 0.1]},
                id="5d0b-3",
                model="fraud",
            ),
            record(
                6.25,
                {"x": [-1.0, 0.0], "country": "FR"},
                {"probs": [0.4, 0.6]},
                id="5d0b-3",
                model="fraud",
            ),
        ],
        "rejected": ["binary_tensor", "shape_mismatch"],
        "waiting": [],
    },
    "seldon": {
        "decode": {"prediction_names": ["score"]},
        "entries": [
            seldon(
                "response", 1, {"data": {"names": ["t:0"], "ndarray": [[0.07], [0.93]]}, "meta": {}}
            ),
            seldon("request", 1, {"data": {"names": NAMES, "ndarray": ROWS}}),
            seldon(
                "request",
                2,
                {
                    "data": {
                        "names": ["a", "b"],
                        "tensor": {"shape": [2, 2], "values": [1, 2, 3, 4]},
                    }
                },
            ),
            seldon("response", 2, {"data": {"names": [], "ndarray": [[0.1], [0.2]]}}),
            seldon("request", 3, {"jsonData": GOOD}),
            seldon("response", 3, {"jsonData": {"score": 0.5}}),
            seldon("request", 4, {"inputs": columns(ROWS[0])}),
            seldon(
                "response",
                4,
                {"outputs": [{"name": "y", "shape": [1], "datatype": "FP32", "data": [0.25]}]},
            ),
            seldon("feedback", 5, {"truth": {"data": {"ndarray": [[1]]}}}),
            seldon("request", 6, {"strData": "hello"}),
        ],
        "records": [
            record(0, GOOD, {"t:0": 0.07}, id="r-1", model="fraud"),
            record(0, OTHER, {"t:0": 0.93}, id="r-1", model="fraud"),
            record(3, {"a": 1, "b": 2}, {"score": 0.1}, id="r-2", model="fraud"),
            record(3, {"a": 3, "b": 4}, {"score": 0.2}, id="r-2", model="fraud"),
            record(5, GOOD, {"score": 0.5}, id="r-3", model="fraud"),
            record(7, GOOD, {"score": 0.25}, id="r-4", model="fraud"),
        ],
        "rejected": ["feedback", "unparsable"],
        "waiting": [],
    },
    "mlserver": {
        "decode": {},
        "entries": [
            mlserver("mlserver-input", 1, {"id": "id-1", "inputs": columns(*ROWS)}),
            mlserver(
                "mlserver-output", 1, {"id": "id-1", "model_name": "fraud", "outputs": [PROBS]}
            ),
            mlserver("mlserver-output", 2, {"outputs": [{**PROBS, "shape": [1, 4]}]}),
            mlserver("mlserver-input", 2, {"inputs": columns(ROWS[0])}),
            mlserver("something-else", 3, {"inputs": columns(ROWS[0])}),
            {"topic": "mlserver-input", "headers": {}, "value": {"inputs": columns(ROWS[0])}},
        ],
        "records": [
            record(1, GOOD, {"probs": [0.9, 0.1]}, id="id-1", model="fraud", model_version="3"),
            record(1, OTHER, {"probs": [0.4, 0.6]}, id="id-1", model="fraud", model_version="3"),
            record(
                2,
                GOOD,
                {"probs": [0.9, 0.1, 0.4, 0.6]},
                id="id-2",
                model="fraud",
                model_version="3",
            ),
        ],
        "rejected": ["unparsable", "unmatched"],
        "waiting": [],
    },
    "sagemaker": {
        "decode": {
            "model": {"const": "fraud"},
            "feature_names": NAMES,
            "prediction_names": ["score"],
        },
        "entries": [
            sagemaker(
                1, ("text/csv", "CSV", "12.5,DE,41\n3,FR,20\n"), ("text/csv", "CSV", "0.07,0.93")
            ),
            sagemaker(
                2,
                ("text/csv", "CSV", '12.5,"DE",41'),
                ("text/csv; charset=utf-8", "CSV", "0.07\n"),
                inferenceId="i-2",
            ),
            sagemaker(
                3,
                ("text/csv; header=present", "CSV", "age,country\n41,DE"),
                ("application/json", "JSON", '{"predictions": [[0.5]]}'),
            ),
            sagemaker(
                4,
                ("application/json", "JSON", json.dumps({"instances": [GOOD]})),
                ("application/json", "JSON", '{"score": 0.5}'),
            ),
            sagemaker(
                5,
                ("application/jsonlines", "JSON", f"{json.dumps(GOOD)}\n{json.dumps(OTHER)}\n"),
                ("application/json", "JSON", "[0.1, 0.2]"),
            ),
            sagemaker(
                6,
                ("text/csv", "BASE64", base64.b64encode(b"3,FR,20").decode()),
                ("application/json", "BASE64", base64.b64encode(b"[0.5]").decode()),
            ),
            sagemaker(7, ("application/x-image", "BASE64", "AAEC"), ("text/csv", "CSV", "0.5")),
            sagemaker(8, ("text/csv", "CSV", "1,2"), ("text/csv", "CSV", "0.5")),
            {
                "value": {
                    "groundTruthData": {"data": "1", "encoding": "CSV"},
                    "eventMetadata": {"eventId": "e-1"},
                    "eventVersion": "0",
                }
            },
        ],
        "records": [
            record(1, GOOD, {"score": 0.07}, id="e-1"),
            record(1, OTHER, {"score": 0.93}, id="e-1"),
            record(2, GOOD, {"score": 0.07}, id="i-2"),
            record(3, {"age": 41, "country": "DE"}, {"score": 0.5}, id="e-3"),
            record(4, GOOD, {"score": 0.5}, id="e-4"),
            record(5, GOOD, {"score": 0.1}, id="e-5"),
            record(5, OTHER, {"score": 0.2}, id="e-5"),
            record(6, OTHER, {"score": 0.5}, id="e-6"),
        ],
        "rejected": ["binary_tensor", "shape_mismatch", "feedback"],
        "waiting": [],
    },
}

# The length of the JSON before the tensors; the other binary request comes without.
FILES["kserve-v2"]["entries"][4]["headers"]["Inference-Header-Content-Length"] = str(len(BINARY))

if __name__ == "__main__":
    for name, content in FILES.items():
        text = json.dumps(content, indent=1, ensure_ascii=False)
        (HERE / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")
