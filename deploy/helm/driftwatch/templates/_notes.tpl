{{- define "driftwatch.notes" -}}
Driftwatch {{ .Chart.AppVersion }}, mode {{ .Values.mode }}.
{{- $name := include "driftwatch.fullname" . }}
{{ if eq .Values.mode "standalone" }}
How things stand:

    kubectl --namespace {{ .Release.Namespace }} rollout status statefulset/{{ $name }}
    kubectl --namespace {{ .Release.Namespace }} port-forward {{ $name }}-0 {{ .Values.port }}

and then http://localhost:{{ .Values.port }}/ in a browser.
{{- if gt (int .Values.standalone.replicas) 1 }} Each of the {{ .Values.standalone.replicas }} members shows what it reads itself.
{{- end }}
{{- if and (include "driftwatch.keepsFiles" .) (not .Values.standalone.persistence.enabled) }}

The counts are not kept: a pod that moves starts with empty windows.
{{- end }}
{{- else if .Values.sidecar.deployment.enabled }}
How things stand:

    kubectl --namespace {{ .Release.Namespace }} rollout status deployment/{{ $name }}
    kubectl --namespace {{ .Release.Namespace }} port-forward deployment/{{ $name }} {{ .Values.port }}

and then http://localhost:{{ .Values.port }}/ in a browser. Each pod shows what it reads itself.
{{- else }}
The configuration is there. Into the pods of the model server, in this namespace, goes the following;
"driftwatch.sidecar" in templates/_sidecar.tpl says how a chart of yours includes it.

    metadata:
      labels:
        {{- include "driftwatch.sidecar.labels" . | nindent 8 }}
    spec:
      initContainers:
        {{- include "driftwatch.sidecar" . | nindent 8 }}
      volumes:
        {{- include "driftwatch.sidecar.volumes" . | nindent 8 }}
{{- end }}
{{- if hasKey .Values.config.source "http" }}

Events are posted to http://{{ ternary "localhost" (printf "%s.%s" $name .Release.Namespace) (eq .Values.mode "sidecar") }}:{{ .Values.port }}/v1/events
{{- if eq .Values.mode "sidecar" }} from within the pod; for KServe that is spec.predictor.logger.url.{{ end }}
{{- end }}
{{- if not .Values.podMonitor.enabled }}

Nothing scrapes it yet: set podMonitor.enabled where the Prometheus operator runs, or let your
Prometheus scrape the port named driftwatch of these pods.
{{- end }}
{{- end -}}
