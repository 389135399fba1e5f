"""The baseline beside the model that it is of, in an MLflow run.

    from driftwatch.mlflow import load_baseline, log_baseline

    with mlflow.start_run():
        mlflow.sklearn.log_model(model, name="fraud")
        log_baseline(baseline)

    baseline = load_baseline("models:/fraud/3")

Needs the `mlflow` extra.
"""

import importlib.util
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from driftwatch.baseline.artifact import Baseline
from driftwatch.errors import BaselineError, UsageError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

TAG = "driftwatch.baseline"
"""The run's tag that says where among its artifacts the baseline is."""

_FILE = "baseline.json.gz"


def log_baseline(
    baseline: Baseline,
    artifact_path: str = "driftwatch",
    run: "str | Run | None" = None,
    model_uri: str | None = None,
) -> str:
    """Log a baseline as an artifact of a run, and tag the run with where it is.

    artifact_path: the folder among the run's artifacts. run: the run or its id; model_uri: a model
        of the run instead (`models:/fraud/3`, `models:/fraud@champion`, `runs:/ID/model`). With
        neither it is the active run.

    Returns the baseline's place, as `runs:/ID/driftwatch/baseline.json.gz`. Raises UsageError where
    there is no run.
    """
    client = _client()
    if run is not None and model_uri is not None:
        raise UsageError("log_baseline takes a run or a model_uri, not both")
    run_id = _run_id(client, model_uri) if model_uri is not None else _given_or_active(run)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / _FILE
        baseline.save(path)
        client.log_artifact(run_id, str(path), artifact_path)
    place = f"{artifact_path}/{_FILE}" if artifact_path else _FILE
    for tag, value in (
        (TAG, place),
        (f"{TAG}.model", baseline.model),
        (f"{TAG}.model_version", baseline.model_version),
        (f"{TAG}.data_fingerprint", baseline.data_fingerprint),
    ):
        client.set_tag(run_id, tag, value)
    return f"runs:/{run_id}/{place}"


def load_baseline(where: str) -> Baseline:
    """The baseline that was logged: by the id of its run, or by a model of that run.

    where: `ID`, `runs:/ID`, `runs:/ID/model`, `models:/NAME/VERSION`, `models:/NAME@ALIAS` or
        `models:/MODEL_ID`.

    Raises BaselineError if the run has none, or it is damaged; UsageError if there is no such run.
    """
    client = _client()
    run_id = _run_id(client, where)
    place = client.get_run(run_id).data.tags.get(TAG)
    if place is None:
        raise BaselineError(
            f"{where}: run {run_id} has no baseline; driftwatch.mlflow.log_baseline logs one"
        )
    with tempfile.TemporaryDirectory() as folder:
        return Baseline.load(client.download_artifacts(run_id, place, folder))


def _client() -> "MlflowClient":
    if importlib.util.find_spec("mlflow") is None:
        raise UsageError(
            "driftwatch.mlflow needs MLflow; install it: pip install 'driftwatch-daemon[mlflow]'"
        )
    from mlflow import MlflowClient

    return MlflowClient()


def _given_or_active(run: "str | Run | None") -> str:
    import mlflow

    run = mlflow.active_run() if run is None else run
    if run is None:
        raise UsageError("no MLflow run is active; start one, or name a run")
    return run if isinstance(run, str) else str(run.info.run_id)


def _run_id(client: "MlflowClient", where: str) -> str:
    """The run that a run's or a model's address leads to."""
    from mlflow.exceptions import MlflowException

    scheme, _, rest = where.rpartition(":/")
    name, _, end = rest.partition("/")
    try:
        if scheme == "models" and "@" in rest:
            model, _, alias = rest.partition("@")
            found = client.get_model_version_by_alias(model, alias).run_id
        elif scheme == "models" and end:
            found = client.get_model_version(name, end).run_id
        elif scheme == "models":
            found = client.get_logged_model(name).source_run_id
        else:
            found = client.get_run(name).info.run_id
    except MlflowException as problem:
        raise UsageError(f"{where}: {problem.message}") from problem
    if not found:
        raise UsageError(f"{where}: the model was logged by no run; name the run instead")
    return str(found)
