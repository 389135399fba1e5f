"""Trains a small scikit-learn model and lays out a folder that MLServer serves it from.

Run by the Python of .tools/mlserver, which has scikit-learn and pandas:

    python fraud_model.py FOLDER HTTP_PORT GRPC_PORT METRICS_PORT BOOTSTRAP
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

ROWS = 20_000


def inputs(seed: int, rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "amount": rng.lognormal(3.0, 0.8, rows),
            "age": rng.uniform(18.0, 90.0, rows),
            "tenure": rng.exponential(4.0, rows),
        }
    )


def main(folder: Path, http: int, grpc: int, metrics: int, bootstrap: str) -> None:
    # Not at the top: pytest imports this module as well, where there is no scikit-learn.
    import joblib
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    features = inputs(1, ROWS)
    odds = 0.03 * features["amount"] - 0.02 * features["age"] - 0.1 * features["tenure"]
    fraud = np.random.default_rng(2).random(ROWS) < 1.0 / (1.0 + np.exp(-odds))
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(features, fraud)
    training = features.assign(score=model.predict_proba(features)[:, 1])
    training.to_csv(folder / "training.csv", index=False)
    joblib.dump(model, folder / "model.joblib")
    settings = {
        "host": "127.0.0.1",
        "http_port": http,
        "grpc_port": grpc,
        "metrics_port": metrics,
        "parallel_workers": 0,
        "kafka_enabled": True,
        "kafka_servers": bootstrap,
        "kafka_topic_input": "mlserver-input",
        "kafka_topic_output": "mlserver-output",
    }
    model_settings = {
        "name": "fraud",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": str(folder / "model.joblib"), "version": "3"},
    }
    (folder / "settings.json").write_text(json.dumps(settings))
    (folder / "model-settings.json").write_text(json.dumps(model_settings))


if __name__ == "__main__":
    _, home, http_port, grpc_port, metrics_port, broker = sys.argv
    main(Path(home), int(http_port), int(grpc_port), int(metrics_port), broker)
