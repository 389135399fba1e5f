"""Configurations of an enemy, or after an accident: settings or a ConfigError, in bounds."""

from tests.hostile.configurations import bombs, damaged, load_all
from tests.hostile.contained import contained

MEMORY_BYTES = 1 << 30
CPU_SECONDS = 100
"""Of all the files together, which take a tenth of it on an idle machine."""


def test_a_damaged_configuration_is_settings_or_a_config_error() -> None:
    assert load_all([(f"{i}", data) for i, data in enumerate(damaged(200, "short"))]) == []


def test_no_small_file_takes_much_time_or_memory() -> None:
    files = [(name, text.encode()) for name, text in bombs(1 << 15).items()]
    assert contained(load_all, (files,), MEMORY_BYTES, CPU_SECONDS) == []
