/** A source of identities that rauth has in its own configuration alone. */
const source = (name: string) =>
  `leave it out, run "rauth migrate docker-auth", and add "${name}" to "identity" in rauth.yaml: docs/identity.md`

/**
 * What docker_auth can do and rauth does in another way, or not at all, by where it stands in its
 * configuration: what to do instead. A configuration that has it is refused.
 */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  google_auth: `people log in with an OIDC token as the password; ${source('oidc')}`,
  github_auth: `jobs log in with their GitHub Actions OIDC token as the password; ${source('oidc')}`,
  oidc_auth: `people log in with an OIDC token as the password; ${source('oidc')}`,
  gitlab_auth: `jobs log in with their GitLab OIDC token as the password; ${source('oidc')}`,
  ldap_auth: `${source('ldap')}; or let an ext_auth command ask the directory`,
  mongo_auth: 'write the users into "users", or ask the database in an ext_auth command',
  xorm_auth: 'write the users into "users", or ask the database in an ext_auth command',
  plugin_authn: 'what it does an ext_auth command can do',
  acl_mongo: 'write the entries into "acl", which is read again when the file changes',
  acl_xorm: 'write the entries into "acl", which is read again when the file changes',
  plugin_authz: 'what it does an ext_authz command can do',
  casbin_authz: 'write its policy as "acl", or ask casbin in an ext_authz command',
}

/** The same of what stands under `server`. */
export const ELSEWHERE_IN_SERVER: Readonly<Record<string, string>> = {
  letsencrypt:
    'let certbot, cert-manager or the proxy in front get the certificate, and name its files in ' +
    '"server.certificate" and "server.key": they are read again when they change',
}
