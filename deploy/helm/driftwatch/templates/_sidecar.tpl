{{- /*
The sidecar for the pod of a model server. From a chart that has this one as its dependency:

    initContainers:
      {{- include "driftwatch.sidecar" .Subcharts.driftwatch | nindent 8 }}
    volumes:
      {{- include "driftwatch.sidecar.volumes" .Subcharts.driftwatch | nindent 8 }}

and "driftwatch.sidecar.labels" among the pod's labels.

It has no probe, and its first process stays when the daemon ends. A pod is ready only while all its
containers run and are ready, a native sidecar included; and no container of the model would start
before a startup probe of the sidecar had succeeded. The first process does by itself what probes are
for elsewhere. Secrets and ConfigMaps are optional for the same reason: one that is missing would keep
the pod from starting.
*/ -}}
{{- define "driftwatch.sidecar" -}}
{{- include "driftwatch.check" . -}}
- name: driftwatch
  restartPolicy: Always
  command: [driftwatch-sidecar]
  args: [-c, /etc/driftwatch/driftwatch.yaml]
  {{- include "driftwatch.container" . | nindent 2 }}
  {{- if .Values.sidecar.log.volumeName }}
    - name: {{ .Values.sidecar.log.volumeName }}
      mountPath: {{ .Values.sidecar.log.path }}
      readOnly: true
  {{- end }}
  {{- with .Values.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
  {{- end }}
  env:
    {{- include "driftwatch.env" . | nindent 4 }}
    - name: DRIFTWATCH_MEMORY_LIMIT
      valueFrom:
        resourceFieldRef:
          containerName: driftwatch
          resource: limits.memory
    - name: DRIFTWATCH_SIDECAR_PORT
      {{- /* 0: it can't ask a port that speaks TLS. */}}
      value: {{ ternary 0 (int .Values.port) (hasKey (default dict .Values.config.http) "tls") | quote }}
    {{- range .Values.env }}
    {{- $entry := deepCopy . }}
    {{- range $key := list "secretKeyRef" "configMapKeyRef" }}
    {{- with get (default dict $entry.valueFrom) $key }}
    {{- $_ := set . "optional" true }}
    {{- end }}
    {{- end }}
    {{- list $entry | toYaml | nindent 4 }}
    {{- end }}
  {{- with .Values.envFrom }}
  envFrom:
    {{- range . }}
    {{- $entry := deepCopy . }}
    {{- range $key := list "secretRef" "configMapRef" }}
    {{- with get $entry $key }}
    {{- $_ := set . "optional" true }}
    {{- end }}
    {{- end }}
    {{- list $entry | toYaml | nindent 4 }}
    {{- end }}
  {{- end }}
  resources:
    {{- toYaml .Values.sidecar.resources | nindent 4 }}
{{- end -}}

{{- define "driftwatch.sidecar.volumes" -}}
{{- include "driftwatch.volumes" . }}
{{- if include "driftwatch.keepsFiles" . }}
- name: driftwatch-state
  {{- /* Without a sizeLimit: to pass one would evict the pod, and the model with it. */}}
  emptyDir: {}
{{- end }}
{{- range .Values.extraVolumes }}
{{- $volume := deepCopy . }}
{{- range $key := list "secret" "configMap" }}
{{- with get $volume $key }}
{{- $_ := set . "optional" true }}
{{- end }}
{{- end }}
{{ list $volume | toYaml }}
{{- end }}
{{- end -}}
