{{- /* What both modes have in common: variables, port, security, mounts, volumes. */ -}}
{{- define "driftwatch.container" -}}
image: {{ include "driftwatch.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
ports:
  - name: driftwatch
    containerPort: {{ .Values.port }}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
volumeMounts:
  - name: driftwatch-config
    mountPath: /etc/driftwatch
    readOnly: true
  {{- if include "driftwatch.baselines.source" . }}
  - name: driftwatch-baselines
    mountPath: {{ .Values.baselines.path }}
    readOnly: true
  {{- end }}
  {{- if include "driftwatch.keepsFiles" . }}
  - name: driftwatch-state
    mountPath: /var/lib/driftwatch
  {{- end }}
  - name: driftwatch-tmp
    mountPath: /tmp
{{- end -}}

{{- define "driftwatch.env" -}}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
{{- end -}}

{{- /* Where the baselines come from, as the rest of a volume; nothing where extraVolumes bring them. */ -}}
{{- define "driftwatch.baselines.source" -}}
{{- $optional := eq .Values.mode "sidecar" -}}
{{- with .Values.baselines -}}
{{- if .files -}}
configMap:
  name: {{ include "driftwatch.fullname" $ }}-baselines
  optional: {{ $optional }}
{{- else if .configMap -}}
configMap:
  name: {{ .configMap }}
  optional: {{ $optional }}
{{- else if .claim -}}
persistentVolumeClaim:
  claimName: {{ .claim }}
  readOnly: true
{{- else if .volume -}}
{{- toYaml .volume -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "driftwatch.volumes" -}}
- name: driftwatch-config
  configMap:
    name: {{ include "driftwatch.fullname" . }}
    optional: {{ eq .Values.mode "sidecar" }}
{{- with include "driftwatch.baselines.source" . }}
- name: driftwatch-baselines
  {{- . | nindent 2 }}
{{- end }}
- name: driftwatch-tmp
  emptyDir: {}
{{- end -}}
