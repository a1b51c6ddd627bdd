{{- /* What pods of rauth have mounted, where that takes more than a line. */}}

{{- define "rauth.configMap" -}}
{{- .Values.config.existingConfigMap | default (printf "%s-config" (include "rauth.fullname" .)) }}
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
