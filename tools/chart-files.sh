#!/bin/sh
# Brings the chart up to date with what is written elsewhere: the rules, the dashboards, and the
# schema of the configuration. A chart can't reach beyond its own folder.
set -eu
cd "$(dirname "$0")/.."
files=deploy/helm/driftwatch/files
rm -rf "$files"
mkdir -p "$files/dashboards"
cp deploy/prometheus/driftwatch.rules.yml deploy/prometheus/driftwatch-fleet.rules.yml "$files/"
cp dashboards/*.json "$files/dashboards/"
PYTHONPATH=. .venv/bin/python tools/chart_schema.py
