"""How many rounds, and with which seed: `make crash ROUNDS=3000 ARGS="--seed 7"`."""

import secrets

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--rounds` and `--seed`."""
    parser.addoption("--rounds", type=int, default=60, help="faults to inject")
    parser.addoption("--seed", type=int, help="of the faults; chance by default")


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    """How many faults are injected."""
    return int(request.config.getoption("--rounds"))


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """What the faults are drawn by."""
    given = request.config.getoption("--seed")
    return secrets.randbelow(10**6) if given is None else int(given)
