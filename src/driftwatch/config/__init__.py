"""The configuration: one YAML file, strict, every error with its line.

load(path, env)          a file
parse(mapping, origin)   the same settings from code
check_files(settings)    the files that it names
masked(settings)         what may be shown
json_schema()            for editors
"""

from driftwatch.config.addresses import Address
from driftwatch.config.alarms import STATISTICS, AlarmSettings, Statistic, Threshold
from driftwatch.config.comparing import CompareSettings, VolumeSettings
from driftwatch.config.dead_letters import DeadLetterSettings
from driftwatch.config.decode import DecodeSettings, LimitSettings
from driftwatch.config.durations import Duration
from driftwatch.config.files import baseline_files, check_files
from driftwatch.config.http import AuthSettings, HttpLimitSettings, HttpSettings, TlsSettings
from driftwatch.config.links import LinkSettings
from driftwatch.config.load import load, parse
from driftwatch.config.models import ColumnSettings, ModelSettings
from driftwatch.config.process import LogSettings, MetricsSettings, StateSettings
from driftwatch.config.schema import json_schema
from driftwatch.config.settings import Settings, masked
from driftwatch.config.source import (
    FilesSource,
    HttpSource,
    KafkaSource,
    SourceSettings,
    StdinSource,
)
from driftwatch.config.values import Const, PathPattern

__all__ = [
    "load",
    "parse",
    "check_files",
    "baseline_files",
    "masked",
    "json_schema",
    "Settings",
    "SourceSettings",
    "KafkaSource",
    "FilesSource",
    "StdinSource",
    "HttpSource",
    "DecodeSettings",
    "LimitSettings",
    "DeadLetterSettings",
    "Const",
    "ModelSettings",
    "CompareSettings",
    "VolumeSettings",
    "ColumnSettings",
    "AlarmSettings",
    "Statistic",
    "STATISTICS",
    "Threshold",
    "StateSettings",
    "MetricsSettings",
    "HttpSettings",
    "TlsSettings",
    "AuthSettings",
    "HttpLimitSettings",
    "LinkSettings",
    "LogSettings",
    "Duration",
    "Address",
    "PathPattern",
]
