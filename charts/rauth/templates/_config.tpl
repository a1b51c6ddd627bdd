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
{{- $gatewayHost := ternary "0.0.0.0" "127.0.0.1" (not (empty (include "rauth.gatewayExposed" $root))) }}
{{- $config := dict
  "realm" (include "rauth.realm" $root)
  "issuer" $values.config.issuer
  "service" $values.config.service
  "secretName" $values.config.secretName
  "logLevel" $values.config.logLevel
  "token" (dict "expiry" $values.config.tokenExpiry)
  "keys" $keys
  "credentials" (dict "source" "kubernetes" "kubernetes" (dict "namespaces" $values.config.namespaces))
  "drainDelay" $values.config.drainDelay
  "listen" (dict
    "token" (printf "0.0.0.0:%d" (int $values.config.port))
    "gateway" (printf "%s:%d" $gatewayHost (int $values.gateway.port))
    "gatewayHttp" (printf "%s:%d" $gatewayHost (int $values.gateway.httpPort))
    "operations" (printf "0.0.0.0:%d" (int $values.operations.port)))
}}
{{- $proxies := $values.config.trustedProxies }}
{{- if and $envoy (not $values.split) }}{{ $proxies = concat (list "127.0.0.1/32" "::1/128") $proxies }}{{ end }}
{{- if $proxies }}{{ $_ := set $config "trustedProxies" $proxies }}{{ end }}
{{- if $values.registry.enabled }}
{{- $_ := set $config "catalog" (dict "registry" (printf "http://%s:%d" (include "rauth.registryHost" $root) (int $values.registry.port))) }}
{{- end }}
{{- if or $values.policy.rules $values.policy.extra $values.policy.existingConfigMap }}
{{- $_ := set $config "policy" (dict "file" "/etc/rauth/policy/policy.yaml") }}
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
{{- toYaml (mustMergeOverwrite $config (deepCopy $values.config.extra)) }}
{{- end }}

{{- define "rauth.policy" -}}
{{- $rules := ternary (dict "rules" .Values.policy.rules) dict (not (empty .Values.policy.rules)) }}
{{- toYaml (mustMergeOverwrite $rules (deepCopy .Values.policy.extra)) }}
{{- end }}
