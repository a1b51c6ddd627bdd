{{- /* (root, component) → labels of a pod of a Job. What they do goes through no mesh, and behind the NetworkPolicy
       of check-config a sidecar of Istio reaches no istiod: the Job would wait for one that never gets ready. */}}
{{- define "rauth.jobLabels" -}}
{{ include "rauth.labels" . }}
{{- if not (hasKey (.root.Values.commonLabels | default dict) "sidecar.istio.io/inject") }}
sidecar.istio.io/inject: 'false'
{{- end }}
{{- end }}

{{- /* (root, commands, restartPolicy, account?, maps?) → spec of a pod that runs rauth to its end: each of the commands
       (args, env?) after the other, as that account or as nobody, with ConfigMaps (name, map, path) mounted. */}}
{{- define "rauth.jobPod" -}}
{{- $root := .root }}
{{- $values := $root.Values }}
automountServiceAccountToken: false
{{- with .account }}
serviceAccountName: {{ . }}
{{- end }}
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
{{- $shared := dict "root" $root "account" .account "maps" .maps }}
{{- if gt (len .commands) 1 }}
initContainers:
  {{- range $index, $command := initial .commands }}
  {{- include "rauth.jobContainer" (merge (dict "name" (printf "step-%d" $index)) $command $shared) | nindent 2 }}
  {{- end }}
{{- end }}
containers:
  {{- include "rauth.jobContainer" (merge (dict "name" "rauth") (last .commands) $shared) | nindent 2 }}
volumes:
  {{- if .account }}
  {{- include "rauth.serviceAccountVolume" $root | nindent 2 }}
  {{- end }}
  {{- range .maps }}
  {{- /* One that is not there is told by rauth, at once. */}}
  - name: {{ .name }}
    configMap: { name: {{ .map }}, optional: true }
  {{- end }}
  # In memory: Jobs that make keys have them in it for a moment.
  - name: tmp
    emptyDir: { medium: Memory, sizeLimit: 16Mi }
{{- end }}

{{- define "rauth.jobContainer" -}}
- name: {{ .name }}
  {{- include "rauth.containerImage" (dict "image" .root.Values.image) | nindent 2 }}
  args: {{- toYaml .args | nindent 4 }}
  {{- /* kubectl describe says why it failed. */}}
  terminationMessagePolicy: FallbackToLogsOnError
  {{- with .env }}
  env: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .envFrom }}
  envFrom: {{- toYaml . | nindent 4 }}
  {{- end }}
  resources:
    requests: { cpu: 50m, memory: 96Mi }
    limits: { memory: 256Mi }
  securityContext: {{- toYaml .root.Values.securityContext | nindent 4 }}
  volumeMounts:
    {{- if .account }}
    - { name: service-account, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true }
    {{- end }}
    {{- range .maps }}
    - { name: {{ .name }}, mountPath: {{ .path }}, readOnly: true }
    {{- end }}
    - { name: tmp, mountPath: /tmp }
{{- end }}
