{{/* The release's own name, at most 40 characters, so that a service's fits behind it. */}}
{{- define "promptly.name" -}}
{{- if contains "promptly" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-promptly" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* Labels of everything. */}}
{{- define "promptly.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: promptly
{{- end }}

{{/* Labels that choose the pods of one component. Argument: [root, component]. */}}
{{- define "promptly.selector" -}}
app.kubernetes.io/name: promptly
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "promptly.image" -}}
{{- $root := index . 0 -}}
{{- with $root.Values.image.registry }}{{ trimSuffix "/" . }}/{{ end }}promptly-{{ index . 1 }}:{{ $root.Values.image.tag | default $root.Chart.AppVersion }}
{{- end }}

{{- define "promptly.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (ternary (include "promptly.name" .) "default" .Values.serviceAccount.create) }}
{{- end }}

{{- define "promptly.services" -}}
gateway auth cache optimizer router analytics alerts
{{- end }}

{{- define "promptly.withDatabase" -}}
auth analytics alerts
{{- end }}

{{/* A variable out of the Secret. Argument: [root, variable, key]. */}}
{{- define "promptly.secret" -}}
- name: {{ index . 1 }}
  valueFrom: {secretKeyRef: {name: {{ (index . 0).Values.global.existingSecret }}, key: {{ index . 2 }}}}
{{- end }}

{{/* `host:port` of each NATS server, with spaces between. */}}
{{- define "promptly.natsHosts" -}}
{{- if .Values.nats.bundled }}{{ .Release.Name }}-nats:4222{{ else }}{{ join " " .Values.nats.hosts }}{{ end }}
{{- end }}

{{/* The address of the bus for one of its users. Argument: [root, user]. */}}
{{- define "promptly.natsEnv" -}}
{{- $root := index . 0 -}}
{{- $user := index . 1 -}}
{{- $scheme := ternary "tls" "nats" (and $root.Values.nats.tls (not $root.Values.nats.bundled)) -}}
{{- $urls := list -}}
{{- range splitList " " (include "promptly.natsHosts" $root) }}{{ $urls = append $urls (printf "%s://%s:$(NATS_PASSWORD)@%s" $scheme $user .) }}{{ end -}}
{{ include "promptly.secret" (list $root "NATS_PASSWORD" (printf "NATS_%s" (upper $user))) }}
- name: PROMPTLY_NATS_URL
  value: {{ join "," $urls | quote }}
{{- end }}

{{- define "promptly.databaseEnv" -}}
{{- $postgres := .Values.postgres -}}
{{- $host := ternary (printf "%s-postgres" .Release.Name) $postgres.host $postgres.bundled -}}
{{ include "promptly.secret" (list . "POSTGRES_PASSWORD" "POSTGRES_PASSWORD") }}
- name: PROMPTLY_DATABASE_URL
  value: {{ printf "postgresql://%s:$(POSTGRES_PASSWORD)@%s:%v/%s%s" $postgres.user $host $postgres.port $postgres.database (ternary "" (printf "?%s" $postgres.options) (empty $postgres.options)) | quote }}
{{- end }}

{{/* The secrets that a service cannot do without. */}}
{{- define "promptly.secretsOf" -}}
{{- $of := dict
  "gateway" "PROMPTLY_KEK PROMPTLY_KEY_PEPPER"
  "auth" "PROMPTLY_KEK PROMPTLY_KEY_PEPPER PROMPTLY_JWT_SECRET PROMPTLY_BOOTSTRAP_TOKEN"
  "alerts" "PROMPTLY_ALERTS_KEK" -}}
{{ get $of . }}
{{- end }}

{{- define "promptly.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "promptly.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* What cannot work is refused before anything is made. */}}
{{- define "promptly.check" -}}
{{- if and (not .Values.nats.bundled) (empty .Values.nats.hosts) }}{{ fail "Name your NATS servers in nats.hosts, or set nats.bundled." }}{{ end }}
{{- if and (not .Values.postgres.bundled) (empty .Values.postgres.host) }}{{ fail "Name your Postgres in postgres.host, or set postgres.bundled." }}{{ end }}
{{- $alone := and (not .Values.qdrant.bundled) (empty .Values.qdrant.url) }}
{{- if and $alone (or .Values.cache.autoscaling.enabled (gt (int .Values.cache.replicas) 1)) }}{{ fail "Several caches need a Qdrant server: set qdrant.url or qdrant.bundled, or cache.replicas to 1." }}{{ end }}
{{- range $name, $value := .Values.settings }}
{{- if has $name (list "nats_url" "nats_replicas" "database_url" "ops_host" "ops_port" "host" "port" "auth_host" "auth_port" "auth_url" "qdrant_url" "spool_dir" "cache_dir" "model_dir" "dashboard_dir") }}{{ fail (printf "settings.%s is set by the chart itself." $name) }}{{ end }}
{{- end }}
{{- end }}
