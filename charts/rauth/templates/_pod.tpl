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
      {{- if and $values.liveView.enabled $values.liveView.existingSecret }}
      - { name: live-view, mountPath: /etc/rauth/live-view, readOnly: true }
      {{- end }}
      - { name: tmp, mountPath: /tmp }
      {{- with $values.extraVolumeMounts }}{{ toYaml . | nindent 6 }}{{ end }}
  {{- if $envoy }}
  {{- include "rauth.envoyContainer" $root | nindent 2 }}
  {{- end }}
  {{- with $values.extraContainers }}{{ toYaml . | nindent 2 }}{{ end }}
volumes:
  - name: config
    configMap: { name: {{ include "rauth.configMap" $root }} }
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
  {{- if $values.liveView.enabled }}
  {{- with $values.liveView.existingSecret }}
  - name: live-view
    secret: { secretName: {{ . }}, defaultMode: 0440, items: [{ key: token, path: token }] }
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
