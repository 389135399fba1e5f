"""The peers: what they are called, which environment they run in, and how they are used."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rival:
    """One peer. says: how it does the job, in a line."""

    title: str
    says: str


RIVALS = {
    "whylogs": Rival(
        "whylogs",
        "`why.log` of a frame, its drift scores against the baseline's profile (KS, chi-square)",
    ),
    "evidently": Rival("Evidently", "a `Report` of its `DataDriftPreset`, the reference kept"),
    "river": Rival(
        "river", "an ADWIN for each numeric column, value by value; words counted, and their PSI"
    ),
    "nannyml": Rival(
        "NannyML", "a fitted `UnivariateDriftCalculator`: KS, Jensen-Shannon; a batch is a chunk"
    ),
    "alibi": Rival("Alibi Detect", "`TabularDrift`: KS for numbers, chi-square for words"),
    "sketches": Rival(
        "DataSketches by hand", "KLL for numbers, frequent items for words, PSI over the tenths"
    ),
    "scipy": Rival(
        "pandas and SciPy", "`ks_1samp` against the baseline's ECDF, `chisquare` for words"
    ),
    "duckdb": Rival("DuckDB", "one query of `histogram` over the baseline's tenths, and PSI"),
}
