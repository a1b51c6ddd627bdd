{{- /* (root, role, component) → spec of a pod of rauth. */}}
{{- define "rauth.podSpec" -}}
{{- $root := .root }}
{{- $values := $root.Values }}
{{- $hasGateway := ne .role "token" }}
{{- $hasToken := ne .role "gateway" }}
{{- $envoy := and $hasGateway (include "rauth.envoyEnabled" $root) }}
serviceAccountName: {{ include "rauth.serviceAccountName" $root }}
# Mounted below, for rauth alone.
automountServiceAccountToken: false
# A Service called rauth-… would make RAUTH_… variables, which are settings.
enableServiceLinks: false
{{- include "rauth.podPlacement" . }}
securityContext: {{- toYaml $values.podSecurityContext | nindent 2 }}
terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
{{- with $values.extraInitContainers }}
initContainers: {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: rauth
    {{- include "rauth.containerImage" (dict "image" $values.image) | nindent 4 }}
    args:
      - serve
      - --config
      - /etc/rauth/config/{{ ternary "rauth" "gateway" $hasToken }}.yaml
      - --role
      - {{ .role }}
      {{- with $values.extraArgs }}{{ toYaml . | nindent 6 }}{{ end }}
    # Where rauth.yaml counts: kubectl exec deploy/NAME -- rauth can-i … needs no more.
    workingDir: /etc/rauth/config
    env:
      - name: NODE_OPTIONS
        value: {{ $values.nodeOptions | quote }}
      {{- with $values.extraEnv }}{{ toYaml . | nindent 6 }}{{ end }}
    {{- with $values.extraEnvFrom }}
    envFrom: {{- toYaml . | nindent 6 }}
    {{- end }}
    ports:
      {{- if $hasToken }}
      - { name: token, containerPort: {{ int $values.config.port }}, protocol: TCP }
      {{- end }}
      {{- if and $hasGateway (include "rauth.gatewayExposed" $root) }}
      - { name: gateway, containerPort: {{ int $values.gateway.port }}, protocol: TCP }
      - { name: gateway-http, containerPort: {{ int $values.gateway.httpPort }}, protocol: TCP }
      {{- end }}
      - { name: operations, containerPort: {{ int $values.operations.port }}, protocol: TCP }
    {{- range $probe := list "startupProbe" "livenessProbe" "readinessProbe" }}
    {{- with get $values $probe }}
    {{ $probe }}: {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- end }}
    {{- $own := ternary dict $values.gateway.resources $hasToken }}
    resources: {{- toYaml ($own | default $values.resources) | nindent 6 }}
    securityContext: {{- toYaml $values.securityContext | nindent 6 }}
    volumeMounts:
      - { name: config, mountPath: /etc/rauth/config, readOnly: true }
      - { name: keys, mountPath: /etc/rauth/keys, readOnly: true }
      - { name: service-account, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true }
      {{- if include "rauth.policyMap" $root }}
      - { name: policy, mountPath: /etc/rauth/policy, readOnly: true }
      {{- end }}
      {{- if and $hasToken (include "rauth.tokenTls" $root) }}
      - { name: tls, mountPath: /etc/rauth/tls, readOnly: true }
      {{- end }}
      {{- if and $hasGateway (include "rauth.gatewayTls" $root) }}
      - { name: gateway-tls, mountPath: /etc/rauth/gateway-tls, readOnly: true }
      {{- end }}
      - { name: tmp, mountPath: /tmp }
      {{- with $values.extraVolumeMounts }}{{ toYaml . | nindent 6 }}{{ end }}
  {{- if $envoy }}
  {{- include "rauth.envoyContainer" $root | nindent 2 }}
  {{- end }}
  {{- with $values.extraContainers }}{{ toYaml . | nindent 2 }}{{ end }}
volumes:
  - name: config
    configMap: { name: {{ $values.config.existingConfigMap | default (printf "%s-config" (include "rauth.fullname" $root)) }} }
  {{- include "rauth.keysVolume" . | nindent 2 }}
  {{- include "rauth.serviceAccountVolume" $root | nindent 2 }}
  {{- with include "rauth.policyMap" $root }}
  - name: policy
    configMap: { name: {{ . }} }
  {{- end }}
  {{- if $hasToken }}
  {{- with include "rauth.tokenTls" $root }}
  - name: tls
    secret: { secretName: {{ . }}, defaultMode: 0440 }
  {{- end }}
  {{- end }}
  {{- if $hasGateway }}
  {{- with include "rauth.gatewayTls" $root }}
  - name: gateway-tls
    secret: { secretName: {{ . }}, defaultMode: 0440 }
  {{- end }}
  {{- end }}
  {{- if $envoy }}
  - name: envoy-config
    configMap: { name: {{ include "rauth.fullname" $root }}-envoy }
  {{- with $values.envoy.tls.secretName }}
  - name: envoy-tls
    secret: { secretName: {{ . }}, defaultMode: 0440 }
  {{- end }}
  {{- end }}
  - name: tmp
    emptyDir: { medium: Memory, sizeLimit: 16Mi }
  {{- with $values.extraVolumes }}{{ toYaml . | nindent 2 }}{{ end }}
{{- end }}

{{- /* (image) */}}
{{- define "rauth.containerImage" -}}
image: {{ include "rauth.image" .image }}
{{- with .image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
{{- end }}

{{- define "rauth.policyMap" -}}
{{- if .Values.policy.existingConfigMap }}{{ .Values.policy.existingConfigMap }}
{{- else if or .Values.policy.rules .Values.policy.extra }}{{ include "rauth.fullname" . }}-policy
{{- end }}
{{- end }}

{{- /* (root, role) → the folder of keys; a volume and not variables, and whole, so that it follows the Secret. */}}
{{- define "rauth.keysVolume" -}}
{{- $keys := .root.Values.signingKey }}
{{- $made := include "rauth.keysName" .root }}
{{- $gateway := eq .role "gateway" }}
- name: keys
{{- if $keys.certManager.enabled }}
  projected:
    defaultMode: 0440
    sources:
      - secret:
          name: {{ include "rauth.fullname" .root }}-signing
          {{- if $gateway }}
          items: [{ key: tls.crt, path: tls.crt }, { key: ca.crt, path: ca.crt }]
          {{- end }}
      {{- if $keys.generate.enabled }}
      - secret: { name: {{ $made }} }
      {{- end }}
{{- else }}
  secret:
    {{- if $keys.existingSecret }}
    secretName: {{ ternary $keys.existingPublicSecret $keys.existingSecret $gateway }}
    {{- else }}
    secretName: {{ ternary (printf "%s-public" $made) $made $gateway }}
    {{- end }}
    defaultMode: 0440
{{- end }}
{{- end }}

{{- /* What the kubelet would mount by itself, for the containers that need it. */}}
{{- define "rauth.serviceAccountVolume" -}}
- name: service-account
  projected:
    defaultMode: 0440
    sources:
      - serviceAccountToken: { path: token, expirationSeconds: 3607 }
      - configMap: { name: kube-root-ca.crt, items: [{ key: ca.crt, path: ca.crt }] }
      - downwardAPI: { items: [{ path: namespace, fieldRef: { apiVersion: v1, fieldPath: metadata.namespace } }] }
{{- end }}

{{- /* (root, component) */}}
{{- define "rauth.podPlacement" -}}
{{- $values := .root.Values }}
{{- with $values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $name := list "priorityClassName" "runtimeClassName" "dnsPolicy" }}
{{- with get $values $name }}
{{ $name }}: {{ . }}
{{- end }}
{{- end }}
{{- range $name := list "nodeSelector" "tolerations" "affinity" "hostAliases" "dnsConfig" }}
{{- with get $values $name }}
{{ $name }}: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
topologySpreadConstraints:
{{- $spread := $values.topologySpreadConstraints }}
{{- if not $spread }}
{{- $spread = list }}
{{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
{{- $spread = append $spread (dict "maxSkew" 1 "topologyKey" $key "whenUnsatisfiable" "ScheduleAnyway" "matchLabelKeys" (list "pod-template-hash")) }}
{{- end }}
{{- end }}
{{- $selector := dict "labelSelector" (dict "matchLabels" (include "rauth.selector" . | fromYaml)) }}
{{- range $one := $spread }}
{{- toYaml (list (merge dict $one $selector)) | nindent 2 }}
{{- end }}
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
