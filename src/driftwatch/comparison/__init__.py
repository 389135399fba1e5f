"""Two baselines, two logs, or one of each: what is different in B from A, column by column.

A log A is made a baseline in memory, so that A always has edges, and all that a baseline knows of
how its rows depend on each other and on the hour. A log B is counted on these edges, exactly. A
baseline B has edges of its own: its rows are laid out on those of A (`laid_out`), and what that
leaves open of the distance is told by its bounds (`ks_bounds`). Then B is tested as any batch is
(`stats.batch`): both sides are samples of a finite size, and without a difference some column is
found to differ with a probability of at most `false_alarm_rate`, all columns together.
"""

from driftwatch.comparison.compare import ColumnComparison, Comparison, Figures, compare
from driftwatch.comparison.side import Side, open_side

__all__ = ["ColumnComparison", "Comparison", "Figures", "Side", "compare", "open_side"]
