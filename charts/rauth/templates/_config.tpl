{{- /* (root, role) → rauth.yaml. What stands in config.extra wins. */}}
{{- define "rauth.config" -}}
{{- $root := .root }}
{{- $values := $root.Values }}
{{- $envoy := include "rauth.envoyEnabled" $root }}
{{- $keys := dict "directory" "/etc/rauth/keys" }}
{{- if eq .role "gateway" }}
{{- $_ := set $keys "verifyOnly" true }}
{{- else if $values.signingKey.certManager.enabled }}
{{- $keys = dict "certificate" "/etc/rauth/keys/tls.crt" "key" "/etc/rauth/keys/tls.key" }}
{{- if $values.signingKey.generate.enabled }}{{ $_ := set $keys "bindingKey" "/etc/rauth/keys/binding.key" }}{{ end }}
{{- end }}
{{- $config := dict
  "realm" (include "rauth.realm" $root)
  "issuer" $values.config.issuer
  "service" $values.config.service
  "secretName" $values.config.secretName
  "logLevel" $values.config.logLevel
  "audit" $values.config.audit
  "token" (dict "expiry" $values.config.tokenExpiry)
  "keys" $keys
  "credentials" (dict "source" "kubernetes" "kubernetes" (dict "namespaces" $values.config.namespaces))
  "drainDelay" $values.config.drainDelay
  "listen" (include "rauth.listen" $root | fromYaml)
}}
{{- $proxies := $values.config.trustedProxies }}
{{- if and $envoy (not $values.split) }}{{ $proxies = concat (list "127.0.0.1/32" "::1/128") $proxies }}{{ end }}
{{- if $proxies }}{{ $_ := set $config "trustedProxies" $proxies }}{{ end }}
{{- if $values.registry.enabled }}
{{- $_ := set $config "catalog" (dict "registry" (printf "http://%s:%d" (include "rauth.registryHost" $root) (int $values.registry.port))) }}
{{- end }}
{{- $policy := dict }}
{{- if include "rauth.policyMap" $root }}{{ $_ := set $policy "file" "/etc/rauth/policy/policy.yaml" }}{{ end }}
{{- if $values.policy.kubernetesRbac }}{{ $_ := set $policy "kubernetes" (dict "enabled" true) }}{{ end }}
{{- with $policy }}{{ $_ := set $config "policy" . }}{{ end }}
{{- if $values.gateway.fastLane.enabled }}
{{- $_ := set $config "gateway" (dict "fastLane" (dict "enabled" true "window" $values.gateway.fastLane.window)) }}
{{- end }}
{{- if $values.liveView.enabled }}
{{- $liveView := dict "enabled" true }}
{{- if $values.liveView.existingSecret }}{{ $_ := set $liveView "tokenFile" "/etc/rauth/live-view/token" }}{{ end }}
{{- $_ := set $config "liveView" $liveView }}
{{- end }}
{{- $tls := dict }}
{{- if include "rauth.tokenTls" $root }}
{{- $_ := set $tls "token" (dict "certificate" "/etc/rauth/tls/tls.crt" "key" "/etc/rauth/tls/tls.key") }}
{{- end }}
{{- if include "rauth.gatewayTls" $root }}
{{- $pair := dict "certificate" "/etc/rauth/gateway-tls/tls.crt" "key" "/etc/rauth/gateway-tls/tls.key" }}
{{- if $values.tls.gateway.clientAuthority }}{{ $_ := set $pair "clientAuthority" "/etc/rauth/gateway-tls/ca.crt" }}{{ end }}
{{- $_ := set $tls "gateway" $pair }}
{{- $_ := set $tls "gatewayHttp" $pair }}
{{- end }}
{{- if $tls }}{{ $_ := set $config "tls" $tls }}{{ end }}
{{- with $values.serviceAccountTokens }}
{{- if .audience }}
{{- $tokens := mustMergeOverwrite (dict "audience" .audience "verify" .verify) (deepCopy .extra) }}
{{- $_ := set $config "identity" (list (dict "serviceAccounts" $tokens) (dict "secrets" dict)) }}
{{- end }}
{{- end }}
{{- toYaml (mustMergeOverwrite $config (deepCopy $values.config.extra)) }}
{{- end }}

{{- define "rauth.configFiles" -}}
rauth.yaml: |
  {{- include "rauth.config" (dict "root" . "role" "token") | nindent 2 }}
{{- if .Values.split }}
gateway.yaml: |
  {{- include "rauth.config" (dict "root" . "role" "gateway") | nindent 2 }}
{{- end }}
{{- end }}

{{- define "rauth.policy" -}}
{{- $rules := ternary (dict "rules" .Values.policy.rules) dict (not (empty .Values.policy.rules)) }}
{{- toYaml (mustMergeOverwrite $rules (deepCopy .Values.policy.extra)) }}
{{- end }}

{{- /* What the controller is told: of the rest of rauth.yaml it reads nothing. */}}
{{- define "rauth.controllerConfig" -}}
{{- $given := .Values.controller }}
{{- $controller := dict
  "namespaces" $given.namespaces
  "pullSecretName" $given.pullSecretName
  "overlap" $given.overlap
  "serviceAccounts" $given.serviceAccounts
  "whenUnmanaged" $given.whenUnmanaged
  "lease" (dict "namespace" (include "rauth.namespace" .) "name" (printf "%s-controller" (include "rauth.fullname" .)))
}}
{{- with $given.registries }}{{ $_ := set $controller "registries" . }}{{ end }}
{{- with $given.rotateAfter }}{{ $_ := set $controller "rotateAfter" . }}{{ end }}
{{- toYaml (dict
  "realm" (include "rauth.realm" .)
  "service" .Values.config.service
  "secretName" .Values.config.secretName
  "logLevel" .Values.config.logLevel
  "audit" (dict "to" (ternary .Values.config.audit.to "log" (has .Values.config.audit.to (list "log" "stdout"))))
  "credentials" (dict "source" "kubernetes")
  "controller" (mustMergeOverwrite $controller (deepCopy $given.extra))
  "listen" (include "rauth.listen" . | fromYaml)) }}
{{- end }}

{{- define "rauth.listen" -}}
{{- $gateway := ternary "0.0.0.0" "127.0.0.1" (not (empty (include "rauth.gatewayExposed" .))) }}
token: 0.0.0.0:{{ int .Values.config.port }}
gateway: {{ $gateway }}:{{ int .Values.gateway.port }}
gatewayHttp: {{ $gateway }}:{{ int .Values.gateway.httpPort }}
operations: 0.0.0.0:{{ int .Values.operations.port }}
{{- end }}
