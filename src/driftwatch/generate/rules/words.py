"""What the person reads who is alerted: templates of Prometheus, which are those of Go.

A template can ask Prometheus questions of its own; so an alert tells what is true when it is read,
not only what made it fire. What has no answer is left out.
"""

from collections.abc import Mapping

OF_COLUMN = (
    '{{ $at := printf "model=%q,model_version=%q,segment=%q,column=%q"'
    " $labels.model $labels.model_version $labels.segment $labels.column -}}\n"
)
"""Makes `$at`, which picks the series of the alert's column."""
OF_STREAM = (
    '{{ $of := printf "model=%q,model_version=%q,segment=%q"'
    " $labels.model $labels.model_version $labels.segment -}}\n"
)
"""Makes `$of`, which picks those of its stream."""
OF_PROCESS = '{{ $in := printf "namespace=%q,job=%q" $labels.namespace $labels.job -}}\n'
"""Makes `$in`, which picks those of its processes."""

NAMED_STREAM = (
    "{{ $stream := $labels.model -}}\n"
    '{{ with $labels.model_version }}{{ $stream = printf "%s version %s" $stream . }}{{ end -}}\n'
    '{{ if ne $labels.segment "all" }}'
    '{{ $stream = printf "%s (segment %s)" $stream $labels.segment }}{{ end -}}\n'
)
"""Makes `$stream`, what people call it."""
NAMED_JOB = (
    "{{ $job := $labels.job -}}\n"
    '{{ with $labels.namespace }}{{ $job = printf "%s in %s" $job . }}{{ end -}}\n'
)
"""Makes `$job`."""

THE_STREAM = (
    "{{ $labels.model }}{{ with $labels.model_version }} version {{ . }}{{ end }}"
    '{{ if ne $labels.segment "all" }} (segment {{ $labels.segment }}){{ end }}'
)
"""`fraud version 3 (segment new_customers)`, where there is no room for a variable."""
THE_JOB = "{{ $labels.job }}{{ with $labels.namespace }} in {{ . }}{{ end }}"

NUMBER = '{{ . | first | value | printf "%.4g" }}'
SHARE = "{{ . | first | value | humanizePercentage }}"
TIME = "{{ . | first | value | humanizeTimestamp }}"


def asked(query: str, of: str, text: str) -> str:
    """A line that is there only where a query has a result.

    query: with `%[1]s` where the selector `of` goes. text: may show the result, as `NUMBER` does.
    """
    return f"{{{{- with printf `{query}` {of} | query }}}}\n{text}\n{{{{- end }}}}\n"


def compared(title: str, when: str, now: str, before: str, of: str, shown: str) -> str:
    """A line with what is now and, where that is known, what was in training.

    when: what "now" means.
    """
    was = f"{{{{ with printf `{before}` {of} | query }}}}, {shown} in training{{{{ end }}}}"
    return asked(now, of, f"{title}: {shown} {when}{was}.")


def meaning(label: str, meanings: Mapping[str, str]) -> str:
    """What a value of a label with a fixed list means, in words.

    >>> print(meaning("$x", {"a": "first", "b": "last"}))
    {{ if eq $x "a" }}first
    {{- else if eq $x "b" }}last
    {{- end }}
    """
    branches = (f'if eq {label} "{value}" }}}}{words}' for value, words in meanings.items())
    return "{{ " + "\n{{- else ".join(branches) + "\n{{- end }}"


def names(query: str, of: str, before: str, after: str = "") -> str:
    """A line with the columns that a query finds, five of them at most."""
    listed = (
        '{{ range $i, $found := sortByLabel "column" . }}'
        "{{ if lt $i 5 }}{{ if $i }}, {{ end }}{{ $found.Labels.column }}{{ end }}{{ end }}"
        "{{ if gt (len .) 5 }} and others, {{ len . }} in all{{ end }}"
    )
    return asked(query, of, before + listed + after)


def joined(*parts: str) -> str:
    """One text, without a line end at its end."""
    return "".join(parts).removesuffix("\n")
