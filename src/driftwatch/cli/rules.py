"""`driftwatch rules -o FOLDER`: Prometheus's rules."""

import os

import typer

from driftwatch.cli.generated import Configuration, Output


def rules(output: Output, config: Configuration = None) -> None:
    """Write the rules for Prometheus, as files and as a PrometheusRule for Kubernetes.

    With a configuration alerts lead to the addresses in its `links`, look at its shortest window
    and keep to its limits, and what it has switched off is left out.
    """
    from driftwatch.config import load
    from driftwatch.generate.folder import write
    from driftwatch.generate.rules.files import rule_files
    from driftwatch.generate.rules.policy import ANY, policy_of

    policy = ANY if config is None else policy_of(load(config, os.environ))
    for path in write(output, rule_files(policy)):
        typer.echo(str(path))
