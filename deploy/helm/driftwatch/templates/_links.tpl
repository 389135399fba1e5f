{{- /* A generated file with the links of this release. Called with a list: the context, the file. */ -}}
{{- define "driftwatch.linked" -}}
{{- $context := index . 0 -}}
{{- with $context.Values.links -}}
{{- $context.Files.Get (index $ 1)
    | replace "http://localhost:8000/runbook" (trimSuffix "/" .runbooks)
    | replace "http://localhost:8710" (trimSuffix "/" .statusPage)
    | replace "http://localhost:3000" (trimSuffix "/" .dashboards) -}}
{{- end -}}
{{- end -}}
