{{- /* driftwatch.yaml: what the user wrote, and what the chart knows better. */ -}}
{{- define "driftwatch.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $http := default dict $config.http -}}
{{- $_ := set $config "http" (merge $http (dict "listen" (printf "0.0.0.0:%d" (int .Values.port)))) -}}
{{- $state := default dict $config.state -}}
{{- if $state.kafka -}}
{{- $_ := set $state "kafka" (merge $state.kafka (dict "replica" "${POD_NAME}")) -}}
{{- else if not $state.memory -}}
{{- $state = merge $state (dict "path" "/var/lib/driftwatch") -}}
{{- end -}}
{{- $_ := set $config "state" $state -}}
{{- if and (eq .Values.mode "standalone") $config.source.kafka -}}
{{- $member := dict "group_instance_id" "${POD_NAME}" "session_timeout" "5m" -}}
{{- $_ := set $config.source "kafka" (merge $config.source.kafka $member) -}}
{{- end -}}
{{- if hasKey $config.source "http" -}}
{{- $http := merge (default dict $config.source.http) (dict "spool" "/var/lib/driftwatch/spool") -}}
{{- $_ := set $config.source "http" $http -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{- /* yes where the counts are kept in files. */ -}}
{{- define "driftwatch.keepsFiles" -}}
{{- $state := default dict .Values.config.state -}}
{{- if not (or $state.kafka $state.memory) -}}yes{{- end -}}
{{- end -}}

{{- /* What the schema of the values can't say. */ -}}
{{- define "driftwatch.check" -}}
{{- $files := .Values.config.source.files -}}
{{- $given := list -}}
{{- range $key := list "files" "configMap" "claim" "volume" -}}
{{- if get $.Values.baselines $key -}}{{- $given = append $given (printf "baselines.%s" $key) -}}{{- end -}}
{{- end -}}
{{- if gt (len $given) 1 -}}
{{- fail (printf "%s: give one of them" (join " and " $given)) -}}
{{- end -}}
{{- if and (not $given) (not .Values.extraVolumeMounts) -}}
{{- fail "baselines: give one of baselines.files, baselines.configMap, baselines.claim and baselines.volume" -}}
{{- end -}}
{{- $listen := dig "http" "listen" "" .Values.config -}}
{{- if and $listen (not (hasSuffix (printf ":%d" (int .Values.port)) $listen)) -}}
{{- fail (printf "config.http.listen: the port of %s is not that of the container; set port, and leave listen out" $listen) -}}
{{- end -}}
{{- if and .Values.prometheusRule.fleet (not (default dict .Values.config.metrics).counts) -}}
{{- fail "prometheusRule.fleet: these rules need config.metrics.counts: true" -}}
{{- end -}}
{{- if and (hasKey .Values.config.source "http") (not (include "driftwatch.keepsFiles" .)) (not .Values.extraVolumeMounts) -}}
{{- fail "config.source.http: events wait in a folder until they are counted; leave config.state out, or bring a volume by extraVolumeMounts" -}}
{{- end -}}
{{- if eq .Values.mode "sidecar" -}}
{{- if or .Values.baselines.claim .Values.baselines.volume -}}
{{- fail (printf "%s: not in mode sidecar: a volume that can't be mounted would keep the model from starting; use baselines.configMap or baselines.files" (first $given)) -}}
{{- end -}}
{{- if and $files (not .Values.sidecar.log.volumeName) (not .Values.extraVolumeMounts) -}}
{{- fail "sidecar.log.volumeName: name the volume of the pod that holds the log of config.source.files" -}}
{{- end -}}
{{- if and .Values.sidecar.deployment.enabled (not .Values.sidecar.deployment.podSpec.containers) -}}
{{- fail "sidecar.deployment.podSpec.containers: name the containers of the model server" -}}
{{- end -}}
{{- else -}}
{{- if and $files (gt (int .Values.standalone.replicas) 1) -}}
{{- fail "standalone.replicas: config.source.files has one reader; several would each count every record" -}}
{{- end -}}
{{- if and (hasKey .Values.config.source "http") (gt (int .Values.standalone.replicas) 1) -}}
{{- fail "standalone.replicas: each pod would see some of the events that are posted to config.source.http, and none the whole; several take Kafka" -}}
{{- end -}}
{{- if and $files (not .Values.standalone.log.volume) (not .Values.extraVolumeMounts) -}}
{{- fail "standalone.log.volume: give the volume that holds the log of config.source.files" -}}
{{- end -}}
{{- end -}}
{{- end -}}
