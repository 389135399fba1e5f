"""The values of labels that have a fixed list, each with its meaning."""

from collections.abc import Mapping

SEVERITY: Mapping[str, str] = {
    "info": "worth knowing",
    "page": "worth waking somebody",
}

EXPLANATION: Mapping[str, str] = {
    "missing": "values are missing more often, or less often, than in training",
    "stuck": "nearly all values are one and the same",
    "one_value": "nearly all predictions are one and the same",
    "all_zero": "nearly all predictions are zero",
    "concentrated": "one value, or class, takes over from the others",
    "default": "one value takes the place of others, in proportion: a default filled in",
    "clipped": "values beyond a limit are set to that limit",
    "units": "values are in another unit",
    "shift": "all values are higher, or lower, by the same amount",
    "spread": "values lie farther apart, or closer together, around the same middle",
    "scale": "values are multiplied by a factor",
    "sign_flip": "values are turned around: x became -x, or 1 - x",
    "new_mode": "a new group of values has come beside the known ones",
    "exchanged": "the column holds what another column held, and the other way round",
    "new_value": "values have come that training never saw",
    "vanished": "values that training knew have gone",
    "spelling": "values are spelled in another way",
    "shares": "known values have become more or less frequent",
    "none": "no simple change accounts for it",
}

DIRECTION: Mapping[str, str] = {
    "low": "far fewer records than usual",
    "high": "far more records than usual",
}

BLIND: Mapping[str, str] = {
    "no_records": "no record has come for a while",
    "disconnected": "the log can't be reached",
    "stalled": "the loop has not come back, so nothing is computed",
    "lagging": "records wait, and what is read lies far behind",
    "unparsed": "a large share of the recent records was rejected",
    "late": "a large share of the recent records came too late for the alarms",
    "unrouted": "records came of a version without a baseline",
    "warming_up": "the shortest window is not full yet",
    "under_filled": "too few records in the shortest window",
    "gap": "records were lost before they could be read",
    "stale_checkpoint": "the state was not saved for a while",
    "no_baseline": "the model has no baseline",
}

OUTCOME: Mapping[str, str] = {
    "counted": "it is in the windows",
    "late": "it came after its partition had moved on, and is in no window",
    "rejected": "it could not be read, or lies in the future",
    "unrouted": "its model or version is not watched",
    "unevaluated": "it is in the windows, but came after the alarms had looked at its time; "
    "these are also in `counted`",
}

REASON: Mapping[str, str] = {
    "unparsable": "not what `decode.format` says, nested too deeply, or empty",
    "too_large": "more bytes than `decode.limits` allows",
    "not_utf8": "not UTF-8",
    "bad_encoding": "broken gzip or base64",
    "binary_tensor": "values that are not in its JSON, and no header says where that ends",
    "schema_unavailable": "its Avro schema could not be had",
    "shape_mismatch": "data that does not fit its shape, or a request and a response of two sizes",
    "unmatched": "half of a pair whose other half did not come within `decode.join`",
    "feedback": "an event that holds the truth alone",
    "missing_time": "no event time, or one that can't be read",
    "future": "its event time lies more than `max_ahead` ahead",
    "unknown_model": "of a model that is not configured; such a record is `unrouted`",
    "unknown_version": "of a version without a baseline; such a record is `unrouted`",
}

DELIVERY: Mapping[str, str] = {
    "written": "it is in the dead letters as it came",
    "cut": "it is there, but only its beginning: it is larger than `dead_letters.max_value_bytes`",
    "dropped": "it is nowhere: the dead letters could not be written, or not fast enough",
    "removed": "it was there, and has made room for newer ones since",
}

ANSWER: Mapping[str, str] = {
    "accepted": "its events are kept, and will be counted once",
    "full": "the spool is full, or too much is on its way at a time (429)",
    "unavailable": "not ready yet, or the disk fails (503)",
    "refused": "it holds no event, or is too large or too slow",
}

STEP: Mapping[str, str] = {
    "poll": "waiting for records and fetching them",
    "decode": "from bytes to columns",
    "count": "from columns to counts",
    "save": "writing the state",
    "commit": "telling the log how far the state has come",
    "advance": "closing panes, stepping alarms, computing gauges",
    "publish": "writing what `/metrics` and the log say",
}
