{{- /* What objects are called, and by what they are found. */}}

{{- define "rauth.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* 40 characters at most: names get endings, and a Service may have 63. */}}
{{- define "rauth.fullname" -}}
{{- $name := include "rauth.name" . }}
{{- $full := printf "%s-%s" .Release.Name $name }}
{{- if contains $name .Release.Name }}{{ $full = .Release.Name }}{{ end }}
{{- .Values.fullnameOverride | default $full | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "rauth.namespace" -}}
{{- .Values.namespaceOverride | default .Release.Namespace }}
{{- end }}

{{- /* Of ClusterRoles: another release must have others. */}}
{{- define "rauth.clusterName" -}}
{{- printf "%s-%s" (include "rauth.namespace" .) (include "rauth.fullname" .) }}
{{- end }}

{{- /* (root, component) → by what pods are found; never changes for a Deployment that is there. */}}
{{- define "rauth.selector" -}}
app.kubernetes.io/name: {{ include "rauth.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "rauth.labels" -}}
{{ include "rauth.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: rauth
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* (root, component, name, annotations?, cluster?) → what stands in metadata. */}}
{{- define "rauth.metadata" -}}
name: {{ .name }}
{{- if not .cluster }}
namespace: {{ .namespace | default (include "rauth.namespace" .root) }}
{{- end }}
labels: {{- include "rauth.labels" . | nindent 2 }}
{{- with merge dict (.annotations | default dict) .root.Values.commonAnnotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "rauth.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default (include "rauth.fullname" .) }}
{{- else }}
{{- .Values.serviceAccount.name | default "default" }}
{{- end }}
{{- end }}

{{- /* (image). `--set image.tag=1` makes a number of it, and a file one that is printed as 2.0261e+07. */}}
{{- define "rauth.image" -}}
{{- $tag := ternary .tag (int64 .tag | toString) (kindIs "string" .tag) }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ $tag }}{{ end }}
{{- end }}

{{- /* (root, name) → the name of a Service inside the cluster. */}}
{{- define "rauth.host" -}}
{{- printf "%s.%s.svc.%s" .name (include "rauth.namespace" .root) .root.Values.clusterDomain }}
{{- end }}

{{- /* Which Deployment the gateway is in. */}}
{{- define "rauth.gatewayComponent" -}}
{{- if .Values.split }}gateway{{ else }}token{{ end }}
{{- end }}
