/** What most objects of Kubernetes can be called: a DNS subdomain (RFC 1123). */
export const OBJECT_NAME =
  /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/
