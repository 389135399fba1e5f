"""Whether a model predicts the same elsewhere: on golden inputs, within tolerances.

The golden rows hold what the model predicted where it is trusted; the log holds what it predicted
on another runtime or other hardware. A number may differ by `absolute + relative * |golden|`, as
`numpy.isclose` has it; NaN equals NaN and an infinity itself; a category, and the top class of
probabilities, has to be the same. A vector is compared element by element.

    from driftwatch.parity import parity

    found = parity("golden.parquet", "answers.jsonl", key="request_id")
    assert found.verdict == "within", found.reason
"""

from driftwatch.parity.outcome import ColumnParity, Difference, Parity, ParityPolicy
from driftwatch.parity.run import parity

__all__ = ["ColumnParity", "Difference", "Parity", "ParityPolicy", "parity"]
