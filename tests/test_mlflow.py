"""A baseline beside its model in a real MLflow, kept in files."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from driftwatch.baseline.artifact import Baseline
from driftwatch.errors import BaselineError, UsageError
from driftwatch.mlflow import load_baseline, log_baseline

mlflow = pytest.importorskip("mlflow")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    mlflow.set_tracking_uri(f"file://{tmp_path}/mlruns")
    mlflow.set_registry_uri(f"file://{tmp_path}/mlruns")
    yield tmp_path
    mlflow.set_tracking_uri(before[0])
    mlflow.set_registry_uri(before[1])


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    array = np.random.default_rng(1).normal(size=(500, 2))
    return Baseline.from_numpy(array, ["x", "score"], model="fraud", model_version="3")


pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own


def test_it_is_logged_in_the_active_run_and_comes_back(store: Path, baseline: Baseline) -> None:
    with mlflow.start_run() as run:
        place = log_baseline(baseline)
    run_id = run.info.run_id
    assert place == f"runs:/{run_id}/driftwatch/baseline.json.gz"
    for where in (run_id, f"runs:/{run_id}", f"runs:/{run_id}/model"):
        assert load_baseline(where).to_bytes() == baseline.to_bytes()
    tags = mlflow.get_run(run_id).data.tags
    assert tags["driftwatch.baseline"] == "driftwatch/baseline.json.gz"
    assert tags["driftwatch.baseline.model_version"] == "3"


def test_it_is_found_by_the_model_of_its_run(store: Path, baseline: Baseline) -> None:
    client = mlflow.MlflowClient()
    with mlflow.start_run() as run:
        mlflow.log_dict({"model": "of the test"}, "model/model.json")
    client.create_registered_model("fraud")
    source = f"{run.info.artifact_uri}/model"
    version = client.create_model_version("fraud", source, run.info.run_id).version
    client.set_registered_model_alias("fraud", "champion", version)
    log_baseline(baseline, "checks/drift", model_uri=f"models:/fraud/{version}")
    for where in (f"models:/fraud/{version}", "models:/fraud@champion", run.info.run_id):
        assert load_baseline(where) == baseline


def test_a_logged_model_leads_to_its_run(store: Path, baseline: Baseline) -> None:
    with mlflow.start_run() as run:
        model = mlflow.initialize_logged_model(name="fraud")
    log_baseline(baseline, run=run)
    assert load_baseline(f"models:/{model.model_id}") == baseline


def test_the_latest_one_counts(store: Path, baseline: Baseline) -> None:
    other = Baseline.from_numpy(np.arange(60.0)[:, None], ["y"], model="fraud", model_version="4")
    with mlflow.start_run() as run:
        log_baseline(baseline)
        log_baseline(other)
    assert load_baseline(run.info.run_id) == other


def test_what_is_not_there_is_said(store: Path, baseline: Baseline) -> None:
    with pytest.raises(UsageError, match="no MLflow run is active; start one"):
        log_baseline(baseline)
    with mlflow.start_run() as run:
        pass
    with pytest.raises(BaselineError, match=r"has no baseline; driftwatch\.mlflow\.log_baseline"):
        load_baseline(run.info.run_id)
    with pytest.raises(UsageError, match=r"^runs:/no-such-run: "):
        load_baseline("runs:/no-such-run")
    with pytest.raises(UsageError, match=r"^models:/none/1: "):
        load_baseline("models:/none/1")
    with pytest.raises(UsageError, match="a run or a model_uri, not both"):
        log_baseline(baseline, run=run, model_uri="models:/none/1")


def test_a_damaged_one_is_no_baseline(store: Path, baseline: Baseline) -> None:
    with mlflow.start_run() as run:
        log_baseline(baseline)
    (path,) = store.rglob("baseline.json.gz")
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(BaselineError, match="truncated"):
        load_baseline(run.info.run_id)
