{{- define "rauth.registryConfig" -}}
{{- $registry := .Values.registry }}
{{- $storage := dict "delete" (dict "enabled" $registry.delete) }}
{{- if not (hasKey $registry.extraConfig "storage") }}
{{- $_ := set $storage "filesystem" (dict "rootdirectory" "/var/lib/registry") }}
{{- end }}
{{- /* Relative Locations: with absolute ones a client's Host header decides where uploads go on. */}}
{{- $config := dict
  "version" 0.1
  "log" (dict "level" "info" "accesslog" (dict "disabled" true))
  "storage" $storage
  "http" (dict "addr" (printf ":%d" (int $registry.port)) "relativeurls" true)
  "auth" (dict "token" (dict
    "realm" (include "rauth.realm" .)
    "service" .Values.config.service
    "issuer" .Values.config.issuer
    "rootcertbundle" "/etc/registry/trust/ca.crt"))
}}
{{- toYaml (mustMergeOverwrite $config (deepCopy $registry.extraConfig)) }}
{{- end }}

{{- /* The Secret with rauth's CA. */}}
{{- define "rauth.trustSecret" -}}
{{- if .Values.signingKey.existingSecret }}{{ .Values.signingKey.existingSecret }}
{{- else if .Values.signingKey.certManager.enabled }}{{ include "rauth.fullname" . }}-signing
{{- else }}{{ include "rauth.keysName" . }}-registry
{{- end }}
{{- end }}

{{- /* (root, component, volume, claim) */}}
{{- define "rauth.registryPod" -}}
{{- $values := .root.Values }}
{{- $registry := $values.registry }}
{{- $secret := $registry.httpSecret.existingSecret | default (ternary (include "rauth.trustSecret" .root) "" (not (empty (include "rauth.keysMade" .root)))) }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with $values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $name := list "nodeSelector" "tolerations" "affinity" }}
{{- with get $registry $name }}
{{ $name }}: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
securityContext: {{- toYaml $values.podSecurityContext | nindent 2 }}
containers:
  - name: registry
    {{- include "rauth.containerImage" (dict "image" $registry.image) | nindent 4 }}
    args: [serve, /etc/registry/config/config.yml]
    env:
      {{- if $secret }}
      - name: REGISTRY_HTTP_SECRET
        valueFrom: { secretKeyRef: { name: {{ $secret }}, key: http.secret } }
      {{- end }}
      # It would send traces to a collector that is not there.
      - { name: OTEL_TRACES_EXPORTER, value: none }
      {{- with $registry.extraEnv }}{{ toYaml . | nindent 6 }}{{ end }}
    ports:
      - { name: registry, containerPort: {{ int $registry.port }}, protocol: TCP }
    startupProbe:
      httpGet: { path: /, port: registry }
      periodSeconds: 1
      failureThreshold: 60
    livenessProbe:
      httpGet: { path: /, port: registry }
      timeoutSeconds: 3
    readinessProbe:
      httpGet: { path: /, port: registry }
      timeoutSeconds: 3
    resources: {{- toYaml $registry.resources | nindent 6 }}
    securityContext: {{- toYaml $values.securityContext | nindent 6 }}
    volumeMounts:
      - { name: config, mountPath: /etc/registry/config, readOnly: true }
      - { name: trust, mountPath: /etc/registry/trust, readOnly: true }
      {{- if .volume }}
      - { name: images, mountPath: /var/lib/registry }
      {{- end }}
      - { name: tmp, mountPath: /tmp }
volumes:
  - name: config
    configMap: { name: {{ include "rauth.fullname" .root }}-registry }
  - name: trust
    # The CA and nothing else of that Secret.
    secret: { secretName: {{ include "rauth.trustSecret" .root }}, defaultMode: 0440, items: [{ key: ca.crt, path: ca.crt }] }
  {{- if .volume }}
  - name: images
    persistentVolumeClaim: { claimName: {{ .claim }} }
  {{- end }}
  - name: tmp
    emptyDir: { medium: Memory, sizeLimit: 16Mi }
{{- end }}
