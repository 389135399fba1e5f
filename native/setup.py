"""What is compiled. Everything else about this package is in pyproject.toml."""

from Cython.Build import cythonize
from setuptools import Extension, setup

FOLDER = "src/driftwatch_native"
DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
}

setup(
    ext_modules=cythonize(
        [
            # Without fused multiply-add a product is rounded as Python rounds it.
            Extension(
                f"driftwatch_native.{name}",
                [f"{FOLDER}/{name}.pyx"],
                extra_compile_args=["-O3", "-ffp-contract=off"],
            )
            for name in ("json_reader", "cells")
        ],
        compiler_directives=DIRECTIVES,
    )
)
