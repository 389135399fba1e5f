"""What a person should know about a column before trusting its baseline."""

from driftwatch.baseline.artifact import CategoricalBaseline, ColumnBaseline, NumericBaseline
from driftwatch.baseline.plan import ColumnPlan
from driftwatch.baseline.words import MAX_WORDS
from driftwatch.sketch.vocabulary import MAX_VOCABULARY


def hints(plan: ColumnPlan, column: ColumnBaseline) -> list[str]:
    """Sentences about one column; none where all is as one would expect."""
    if isinstance(column, NumericBaseline):
        return _numeric(column)
    return _categorical(plan, column)


def _numeric(column: NumericBaseline) -> list[str]:
    found = []
    if column.count == 0:
        found.append("has no values, so nothing can be compared with it")
    elif column.minimum == column.maximum:
        found.append("has one value only")
    if column.wrong_type:
        found.append(f"holds {column.wrong_type:,} values that are not numbers")
    if column.nan:
        found.append(f"holds NaN {column.nan:,} times")
    if infinite := column.negative_inf + column.positive_inf:
        found.append(f"holds an infinity {infinite:,} times")
    return found


def _categorical(plan: ColumnPlan, column: CategoricalBaseline) -> list[str]:
    found = []
    values = sum(column.counts) + column.other
    if plan.stray is not None:
        found.append(
            f"holds numbers mostly, but also {plan.stray!r}, so each is a category; "
            f"--numeric {column.name} counts what is no number as of the wrong type"
        )
    elif plan.distinct is None:
        found.append(
            f"has more different values than can be kept ({MAX_WORDS:,}), so new ones will not "
            f"be noticed; --ignore {column.name} leaves it out"
        )
    elif plan.distinct > max(MAX_VOCABULARY, values // 2):
        found.append(
            f"has {plan.distinct:,} different values in {values:,} rows, as ids and free text do; "
            f"--ignore {column.name} leaves it out"
        )
    if values == 0:
        found.append("has no values, so nothing can be compared with it")
    elif plan.distinct == 1:
        found.append("has one value only")
    if column.wrong_type:
        found.append(f"holds {column.wrong_type:,} arrays, objects or numbers that are not finite")
    return found
