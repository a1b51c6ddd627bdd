{{- /* What follows from the values where they leave it open. "true" or nothing. */}}

{{- define "rauth.envoyEnabled" -}}
{{- if kindIs "invalid" .Values.envoy.enabled }}{{ if .Values.registry.enabled }}true{{ end }}
{{- else if .Values.envoy.enabled }}true{{ end }}
{{- end }}

{{- define "rauth.gatewayExposed" -}}
{{- if kindIs "invalid" .Values.gateway.exposed }}{{ if not (include "rauth.envoyEnabled" .) }}true{{ end }}
{{- else if .Values.gateway.exposed }}true{{ end }}
{{- end }}

{{- /* Whether rauth itself makes the keys. */}}
{{- define "rauth.keysMade" -}}
{{- $keys := .Values.signingKey }}
{{- if and $keys.generate.enabled (not $keys.existingSecret) (not $keys.certManager.enabled) }}true{{ end }}
{{- end }}

{{- define "rauth.keysName" -}}
{{- .Values.signingKey.generate.secretName | default (printf "%s-keys" (include "rauth.fullname" .)) }}
{{- end }}

{{- /* Whether the hook has anything to make: with cert-manager that is the binding key. */}}
{{- define "rauth.hookNeeded" -}}
{{- $keys := .Values.signingKey }}
{{- if and $keys.generate.enabled (not $keys.existingSecret) }}true{{ end }}
{{- end }}

{{- define "rauth.tokenTls" -}}
{{- with .Values.tls }}
{{- if .token.secretName }}{{ .token.secretName }}
{{- else if .certManager.enabled }}{{ include "rauth.fullname" $ }}-tls
{{- end }}
{{- end }}
{{- end }}

{{- define "rauth.gatewayTls" -}}
{{- if include "rauth.gatewayExposed" . }}
{{- with .Values.tls }}
{{- if .gateway.secretName }}{{ .gateway.secretName }}
{{- else if .certManager.enabled }}{{ include "rauth.fullname" $ }}-gateway-tls
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "rauth.registryHost" -}}
{{- include "rauth.host" (dict "root" . "name" (printf "%s-registry" (include "rauth.fullname" .))) }}
{{- end }}

{{- define "rauth.envoyPort" -}}
{{- .Values.envoy.service.port | default (ternary 443 80 (not (empty .Values.envoy.tls.secretName))) | int }}
{{- end }}

{{- /* Where clients reach /token. */}}
{{- define "rauth.realm" -}}
{{- $ingress := .Values.ingress }}
{{- $route := .Values.httpRoute }}
{{- if .Values.config.realm }}
{{- .Values.config.realm }}
{{- else if and $ingress.enabled $ingress.hosts }}
{{- printf "%s://%s/token" (ternary "https" "http" (not (empty $ingress.tls))) (first $ingress.hosts) }}
{{- else if and $route.enabled $route.hostnames }}
{{- printf "%s://%s/token" (ternary "https" "http" $route.https) (first $route.hostnames) }}
{{- else }}
{{- $https := include "rauth.tokenTls" . }}
{{- $port := .Values.service.port | int }}
{{- $usual := ternary 443 80 (not (empty $https)) }}
{{- $host := include "rauth.host" (dict "root" . "name" (include "rauth.fullname" .)) }}
{{- printf "%s://%s%s/token" (ternary "https" "http" (not (empty $https))) $host (ternary "" (printf ":%d" $port) (eq $port $usual)) }}
{{- end }}
{{- end }}
