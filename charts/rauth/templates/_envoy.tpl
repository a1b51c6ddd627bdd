{{- /* files/envoy.yaml and fast-lane.yaml are those of the repository's envoy/, to the byte: what is changed is changed here. */}}
{{- define "rauth.envoyConfig" -}}
{{- $values := .Values }}
{{- $lane := $values.gateway.fastLane.enabled }}
{{- $envoy := .Files.Get (ternary "files/fast-lane.yaml" "files/envoy.yaml" $lane) | fromYaml }}
{{- $listener := first $envoy.static_resources.listeners }}
{{- $_ := set $listener "address" (dict "socket_address" (dict "address" "0.0.0.0" "port_value" (int $values.envoy.port))) }}
{{- $chain := first $listener.filter_chains }}
{{- if $values.envoy.trustedHops }}
{{- $_ := set (first $chain.filters).typed_config "xff_num_trusted_hops" (int $values.envoy.trustedHops) }}
{{- end }}
{{- if $lane }}{{ include "rauth.fastLane" (dict "root" . "manager" (first $chain.filters).typed_config) }}{{ end }}
{{- if $values.envoy.tls.secretName }}
{{- $_ := set $chain "transport_socket" (include "rauth.envoyTls" . | fromYaml) }}
{{- $_ := set $envoy "node" (dict "id" "envoy" "cluster" "rauth") }}
{{- end }}
{{- $token := dict "address" "127.0.0.1" "port" (int $values.config.port) }}
{{- if $values.split }}
{{- $_ := set $token "address" (include "rauth.host" (dict "root" . "name" (printf "%s-token" (include "rauth.fullname" .)))) }}
{{- end }}
{{- $registry := dict "address" (include "rauth.registryHost" .) "port" (int $values.registry.port) }}
{{- if $values.envoy.upstream.address }}{{ $registry = $values.envoy.upstream }}{{ end }}
{{- $places := dict
  "rauth-gateway" (dict "address" "127.0.0.1" "port" (int $values.gateway.port))
  "rauth-token" $token
  "registry" $registry
}}
{{- range $cluster := $envoy.static_resources.clusters }}
{{- $place := get $places $cluster.name }}
{{- $endpoint := first (first $cluster.load_assignment.endpoints).lb_endpoints }}
{{- $_ := set $endpoint.endpoint "address" (dict "socket_address" (dict "address" $place.address "port_value" (int $place.port))) }}
{{- if ne $place.address "127.0.0.1" }}{{ $_ := set $cluster "type" "STRICT_DNS" }}{{ end }}
{{- end }}
{{- $heap := include "rauth.envoyHeap" $values.envoy }}
{{- range $monitor := $envoy.overload_manager.resource_monitors }}
{{- if hasKey $monitor.typed_config "max_heap_size_bytes" }}
{{- $_ := set $monitor.typed_config "max_heap_size_bytes" (default $monitor.typed_config.max_heap_size_bytes $heap | int64) }}
{{- else }}
{{- $_ := set $monitor.typed_config "max_active_downstream_connections" (int $values.envoy.maxConnections) }}
{{- end }}
{{- end }}
{{- toYaml $envoy }}
{{- end }}

{{- /* (envoy) Three quarters of the memory that its container may have, in bytes; nothing: there is no limit. */}}
{{- define "rauth.envoyHeap" -}}
{{- with dig "limits" "memory" "" .resources | toString }}
{{- $units := dict "" 1 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 }}
{{- $unit := regexFind "[A-Za-z]*$" . }}
{{- if not (and (hasKey $units $unit) (regexMatch "^[0-9]+([.][0-9]+)?[A-Za-z]*$" .)) }}
{{- fail (printf "envoy.resources.limits.memory is %q, and by it Envoy refuses requests before its memory is used up; next: say it as 1Gi, 768Mi or 1.5G" .) }}
{{- end }}
{{- mulf (regexFind "^[0-9.]+" . | float64) (get $units $unit | float64) 0.75 | floor | int64 }}
{{- end }}
{{- end }}

{{- /* (root, manager) Sets what the lane must know of rauth.yaml. */}}
{{- define "rauth.fastLane" -}}
{{- $config := include "rauth.config" (dict "root" .root "role" "token") | fromYaml }}
{{- range .manager.http_filters }}
{{- if eq .name "envoy.filters.http.jwt_authn" }}
{{- $_ := set .typed_config.providers.rauth "issuer" $config.issuer }}
{{- $_ := set .typed_config.providers.rauth "audiences" (list $config.service) }}
{{- end }}
{{- end }}
{{- if dig "gateway" "stripAuthorization" false $config }}
{{- range (first .manager.route_config.virtual_hosts).routes }}
{{- if eq .route.cluster "registry" }}{{ $_ := set . "request_headers_to_remove" (list "authorization") }}{{ end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "rauth.envoyTls" -}}
name: envoy.transport_sockets.tls
typed_config:
  '@type': type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
  common_tls_context:
    alpn_protocols: [h2, http/1.1]
    # By way of a file, which is read again: what stands here is read once.
    tls_certificate_sds_secret_configs:
      - name: server
        sds_config:
          path_config_source: { path: /etc/envoy/config/tls.yaml }
          resource_api_version: V3
{{- end }}

{{- define "rauth.envoyTlsSecret" -}}
resources:
  - '@type': type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret
    name: server
    tls_certificate:
      certificate_chain: { filename: /etc/envoy/tls/tls.crt }
      private_key: { filename: /etc/envoy/tls/tls.key }
      watched_directory: { path: /etc/envoy/tls }
{{- end }}

{{- define "rauth.envoyContainer" -}}
{{- $envoy := .Values.envoy }}
- name: envoy
  {{- include "rauth.containerImage" (dict "image" $envoy.image) | nindent 2 }}
  command: [envoy]
  args:
    - --config-path
    - /etc/envoy/config/envoy.yaml
    - --disable-hot-restart
    - --concurrency
    - {{ int $envoy.concurrency | quote }}
    - --log-level
    - {{ $envoy.logLevel | quote }}
  ports:
    - { name: registry, containerPort: {{ int $envoy.port }}, protocol: TCP }
  startupProbe:
    tcpSocket: { port: registry }
    periodSeconds: 1
    failureThreshold: 60
  livenessProbe:
    tcpSocket: { port: registry }
    periodSeconds: 10
    timeoutSeconds: 3
  readinessProbe:
    tcpSocket: { port: registry }
    periodSeconds: 5
    timeoutSeconds: 3
  {{- if $envoy.preStopSeconds }}
  # Its image has no shell to sleep in. Told to stop it would stop at once.
  lifecycle: { preStop: { sleep: { seconds: {{ int $envoy.preStopSeconds }} } } }
  {{- end }}
  resources: {{- toYaml $envoy.resources | nindent 4 }}
  securityContext: {{- toYaml .Values.securityContext | nindent 4 }}
  volumeMounts:
    - { name: envoy-config, mountPath: /etc/envoy/config, readOnly: true }
    {{- if $envoy.tls.secretName }}
    - { name: envoy-tls, mountPath: /etc/envoy/tls, readOnly: true }
    {{- end }}
    - { name: tmp, mountPath: /tmp }
{{- end }}
