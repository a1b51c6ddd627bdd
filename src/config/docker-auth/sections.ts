/**
 * What docker_auth can do and rauth does in another way, or not at all, by where it stands in its
 * configuration: what to do instead. A configuration that has it is refused.
 */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  google_auth: 'people log in with an OIDC token as the password: see "Identities" in the README',
  github_auth:
    'a job logs in with its GitHub Actions OIDC token as the password, and people with ext_auth: see ' +
    '"Identities" in the README',
  oidc_auth: 'people log in with an OIDC token as the password: see "Identities" in the README',
  gitlab_auth:
    'a job logs in with its GitLab OIDC token as the password, and people with ext_auth: see ' +
    '"Identities" in the README',
  ldap_auth: 'an ext_auth command asks the directory and prints the groups as labels',
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
