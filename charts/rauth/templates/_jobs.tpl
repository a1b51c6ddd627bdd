{{- /* (root, component, commands, restartPolicy, config?) → spec of a pod that runs rauth to its end, as the account
       `<fullname>-<component>`. */}}
{{- define "rauth.jobPod" -}}
{{- $root := .root }}
{{- $values := $root.Values }}
serviceAccountName: {{ include "rauth.fullname" $root }}-{{ .component }}
automountServiceAccountToken: false
enableServiceLinks: false
restartPolicy: {{ .restartPolicy }}
{{- with $values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $name := list "nodeSelector" "tolerations" }}
{{- with get $values $name }}
{{ $name }}: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
securityContext: {{- toYaml $values.podSecurityContext | nindent 2 }}
{{- /* One command after the other: all but the last are init containers. */}}
{{- if gt (len .commands) 1 }}
initContainers:
  {{- range $index, $args := initial .commands }}
  {{- include "rauth.jobContainer" (dict "root" $root "args" $args "name" (printf "step-%d" $index) "config" $.config) | nindent 2 }}
  {{- end }}
{{- end }}
containers:
  {{- include "rauth.jobContainer" (dict "root" $root "args" (last .commands) "name" "rauth" "config" .config) | nindent 2 }}
volumes:
  {{- include "rauth.serviceAccountVolume" $root | nindent 2 }}
  {{- if .config }}
  - name: config
    configMap: { name: {{ $values.config.existingConfigMap | default (printf "%s-config" (include "rauth.fullname" $root)) }} }
  {{- end }}
  # Keys are in it for a moment, in memory.
  - name: tmp
    emptyDir: { medium: Memory, sizeLimit: 16Mi }
{{- end }}

{{- define "rauth.jobContainer" -}}
- name: {{ .name }}
  {{- include "rauth.containerImage" (dict "image" .root.Values.image) | nindent 2 }}
  args: {{- toYaml .args | nindent 4 }}
  resources:
    requests: { cpu: 50m, memory: 96Mi }
    limits: { memory: 256Mi }
  securityContext: {{- toYaml .root.Values.securityContext | nindent 4 }}
  volumeMounts:
    - { name: service-account, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true }
    {{- if .config }}
    - { name: config, mountPath: /etc/rauth/config, readOnly: true }
    {{- end }}
    - { name: tmp, mountPath: /tmp }
{{- end }}
