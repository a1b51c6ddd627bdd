{{- /* Values that contradict each other, told before anything is made. */}}
{{- define "rauth.preflight" -}}
{{- $values := .Values }}
{{- $envoy := include "rauth.envoyEnabled" . }}
{{- $keys := $values.signingKey }}
{{- $problems := list }}
{{- if and $envoy (not $values.registry.enabled) (not $values.envoy.upstream.address) }}
{{- $problems = append $problems "envoy.enabled: there is no registry behind it; set registry.enabled, or envoy.upstream.address" }}
{{- end }}
{{- if and $values.registry.enabled $values.envoy.upstream.address }}
{{- $problems = append $problems "envoy.upstream.address: Envoy leads to the registry of this chart; take one of the two away" }}
{{- end }}
{{- if and $envoy $values.networkPolicy.registryFrom }}
{{- $problems = append $problems "networkPolicy.registryFrom: Envoy alone reaches the registry; set envoy.enabled to false if another proxy is before it" }}
{{- end }}
{{- if and $keys.existingSecret $keys.certManager.enabled }}
{{- $problems = append $problems "signingKey: existingSecret and certManager.enabled are two origins of one key; take one away" }}
{{- end }}
{{- if and (not $keys.existingSecret) (not $keys.certManager.enabled) (not $keys.generate.enabled) }}
{{- $problems = append $problems "signingKey: no key; set existingSecret, certManager.enabled or generate.enabled" }}
{{- end }}
{{- if and $keys.certManager.enabled (not $keys.certManager.issuerRef.name) }}
{{- $problems = append $problems "signingKey.certManager.issuerRef.name: which issuer signs?" }}
{{- end }}
{{- if and $values.split $keys.existingSecret (not $keys.existingPublicSecret) }}
{{- $problems = append $problems "split: the gateway is to have no private key; set signingKey.existingPublicSecret to a Secret of what `rauth keys public` makes" }}
{{- end }}
{{- if and $values.split $keys.certManager.enabled (not $keys.generate.enabled) }}
{{- $problems = append $problems "split with signingKey.certManager: both halves need one binding key; set signingKey.generate.enabled, which makes it and no other key then" }}
{{- end }}
{{- if and $envoy (not $values.split) (include "rauth.tokenTls" .) }}
{{- $problems = append $problems "tls.token: Envoy asks that port over loopback in plain HTTP; give Envoy the certificate, envoy.tls.secretName, or set split" }}
{{- end }}
{{- if and $envoy $values.split (include "rauth.tokenTls" .) }}
{{- $problems = append $problems "tls.token with split and envoy.enabled: Envoy would ask the token service in plain HTTP; leave tls.token away and let a mesh encrypt" }}
{{- end }}
{{- if and $envoy (include "rauth.gatewayTls" .) }}
{{- $problems = append $problems "gateway.exposed with TLS: Envoy beside it asks that port in plain HTTP/2; leave gateway.exposed to itself, or set envoy.enabled to false" }}
{{- end }}
{{- if and $values.tls.certManager.enabled (not $values.tls.certManager.issuerRef.name) }}
{{- $problems = append $problems "tls.certManager.issuerRef.name: which issuer signs?" }}
{{- end }}
{{- if and $values.tls.gateway.clientAuthority (not (include "rauth.gatewayTls" .)) }}
{{- $problems = append $problems "tls.gateway.clientAuthority: the gateway has no TLS; set tls.gateway.secretName, and gateway.exposed if Envoy is beside it" }}
{{- end }}
{{- if and $values.ingress.enabled (not $values.ingress.hosts) }}
{{- $problems = append $problems "ingress.hosts: for which host?" }}
{{- end }}
{{- if and $values.httpRoute.enabled (not $values.httpRoute.parentRefs) }}
{{- $problems = append $problems "httpRoute.parentRefs: on which Gateway?" }}
{{- end }}
{{- if and $values.registry.enabled (gt (int $values.registry.replicaCount) 1) (not (include "rauth.keysMade" .)) (not $values.registry.httpSecret.existingSecret) }}
{{- $problems = append $problems "registry.replicaCount: pods that share uploads need one secret; set registry.httpSecret.existingSecret" }}
{{- end }}
{{- if and $values.registry.enabled (gt (int $values.registry.replicaCount) 1) (not (has "ReadWriteMany" $values.registry.storage.accessModes)) (not $values.registry.storage.existingClaim) (not (hasKey $values.registry.extraConfig "storage")) }}
{{- $problems = append $problems "registry.replicaCount: several pods need a storage that they share; set registry.storage.accessModes to [ReadWriteMany], or registry.extraConfig.storage to an object store" }}
{{- end }}
{{- if and $values.gateway.fastLane.enabled (not $envoy) }}
{{- $problems = append $problems "gateway.fastLane: it is for the Envoy of this chart; set envoy.enabled, or configure your own and config.extra.gateway.fastLane" }}
{{- end }}
{{- if and $values.autoscaling.enabled (lt (int $values.autoscaling.maxReplicas) (int $values.autoscaling.minReplicas)) }}
{{- $problems = append $problems "autoscaling.maxReplicas: fewer than minReplicas" }}
{{- end }}
{{- if and $values.policy.existingConfigMap (or $values.policy.rules $values.policy.extra) }}
{{- $problems = append $problems "policy: rules and existingConfigMap are two policies; take one away" }}
{{- end }}
{{- if and $values.serviceAccountTokens.audience (hasKey $values.config.extra "identity") }}
{{- $problems = append $problems "serviceAccountTokens.audience: config.extra.identity has the whole list; write serviceAccounts into it, and take one away" }}
{{- end }}
{{- if and $values.serviceAccountTokens.audience (eq $values.serviceAccountTokens.verify "keys") (not (hasKey $values.serviceAccountTokens.extra "issuer")) }}
{{- $problems = append $problems "serviceAccountTokens.verify: keys need serviceAccountTokens.extra.issuer, the `iss` of the cluster's tokens" }}
{{- end }}
{{- $images := dict "image" $values.image }}
{{- if $envoy }}{{ $_ := set $images "envoy.image" $values.envoy.image }}{{ end }}
{{- if $values.registry.enabled }}{{ $_ := set $images "registry.image" $values.registry.image }}{{ end }}
{{- range $name, $image := $images }}
{{- if and (eq (toString $image.tag) "") (not $image.digest) }}
{{- $problems = append $problems (printf "%s.tag: which image? Set it, or %s.digest" $name $name) }}
{{- end }}
{{- end }}
{{- if not (regexMatch "^[a-z]" (include "rauth.fullname" .)) }}
{{- $problems = append $problems (printf "fullnameOverride: Services can't be called %s; it has to begin with a letter" (include "rauth.fullname" .)) }}
{{- end }}
{{- range $name := list "commonLabels" "podLabels" }}
{{- range $label, $_ := get $values $name }}
{{- if has $label (list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component") }}
{{- $problems = append $problems (printf "%s.%s: by this label pods are found; take it away" $name $label) }}
{{- end }}
{{- end }}
{{- end }}
{{- $services := dict "service" $values.service }}
{{- if $envoy }}{{ $_ := set $services "envoy.service" $values.envoy.service }}{{ end }}
{{- range $name, $service := $services }}
{{- if and (eq $service.type "ClusterIP") (or $service.nodePort $service.externalTrafficPolicy) }}
{{- $problems = append $problems (printf "%s.type: a ClusterIP has neither nodePort nor externalTrafficPolicy; take NodePort or LoadBalancer" $name) }}
{{- end }}
{{- end }}
{{- $drain := include "rauth.seconds" $values.config.drainDelay | int }}
{{- /* docs/operations.md: both, and 2 s more. */}}
{{- $stop := add $drain (include "rauth.seconds" (dig "drainTimeout" "5s" $values.config.extra) | int) 2 }}
{{- if lt (int $values.terminationGracePeriodSeconds) (int $stop) }}
{{- $problems = append $problems (printf "terminationGracePeriodSeconds: the pod would be killed before config.drainDelay and config.extra.drainTimeout are over; make it %d or more" $stop) }}
{{- end }}
{{- if and $envoy (le $drain (int $values.envoy.preStopSeconds)) }}
{{- $problems = append $problems "config.drainDelay: rauth would be gone while Envoy beside it still takes requests; make it longer than envoy.preStopSeconds" }}
{{- end }}
{{- if and $values.autoscaling.enabled (not (dig "requests" "cpu" "" $values.resources)) }}
{{- $problems = append $problems "autoscaling: a percentage of which processor time? Set resources.requests.cpu" }}
{{- end }}
{{- if and (include "rauth.keysMade" .) $values.signingKey.rotation.enabled (eq $values.signingKey.rotation.schedule "17 3 1 */3 *") (lt (int $values.signingKey.generate.days) 100) }}
{{- $problems = append $problems "signingKey.rotation.schedule: keys that last less than 100 days end before the next quarter's rotation; rotate them more often" }}
{{- end }}
{{- if and $values.controller.enabled (eq $values.controller.pullSecretName $values.config.secretName) }}
{{- $problems = append $problems "controller.pullSecretName: it is config.secretName; two Secrets need two names" }}
{{- end }}
{{- $ports := list (int $values.config.port) (int $values.gateway.port) (int $values.gateway.httpPort) (int $values.operations.port) }}
{{- if $envoy }}{{ $ports = append $ports (int $values.envoy.port) }}{{ end }}
{{- if ne (len $ports) (len (uniq $ports)) }}
{{- $problems = append $problems "config.port, gateway.port, gateway.httpPort, operations.port, envoy.port: give each a port of its own" }}
{{- end }}
{{- if $problems }}
{{- fail (printf "\n\nThese values do not fit together:\n- %s\n" (join "\n- " $problems)) }}
{{- end }}
{{- end }}

{{- /* 300, 300s, 5m or 1h → seconds. */}}
{{- define "rauth.seconds" -}}
{{- $text := toString . }}
{{- $number := regexFind "^[0-9]+" $text | int }}
{{- mul $number (ternary 60 (ternary 3600 1 (hasSuffix "h" $text)) (hasSuffix "m" $text)) }}
{{- end }}
