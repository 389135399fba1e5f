"""The example files: `good` ones, and `bad` ones with the whole message that each is answered with.

`NAME.yaml` has its message in `NAME.expected`. Variables have the values of `ENV`; the word
`hunter2` stands for a secret, so no message may hold it.
"""

from pathlib import Path

ENV = {
    "TEXT": "hunter2",
    "NUMBER": "5",
    "STAGE": "test",
    "KAFKA_PASSWORD": "hunter2",
    "MIN_ROWS": "20",
    "P_VALUES": "true",
}
HERE = Path(__file__).parent
GOOD = sorted((HERE / "good").glob("*.yaml"))
BAD = sorted((HERE / "bad").glob("*.yaml"))
