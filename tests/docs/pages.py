"""Which test does what a page says. A guide that is not named here is followed by `test_guides`."""

FOLLOWED_ELSEWHERE = {
    "README.md": "tests/docs/test_readme.py",
    "docs/tutorial.md": "tests/docs/test_tutorial.py",
    "docs/ship-a-contract.md": "tests/docs/test_contract_tutorial.py",
    "docs/how-to/build-on-spark.md": "tests/spark/test_spark.py",
}
