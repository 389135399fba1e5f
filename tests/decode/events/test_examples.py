"""What the specifications of the formats say, record by record."""

import pytest

from tests.decode.events.serving_logs import LOGS, plain, read, serving_log


@pytest.mark.parametrize("name", LOGS)
def test_a_log_holds_the_records_that_its_specification_says(name: str) -> None:
    log = serving_log(name)
    records, rejected, waiting = read(log)
    for record in records:
        del record["event"]
    assert plain(records) == log.records
    assert rejected == log.rejected
    assert waiting == log.waiting
