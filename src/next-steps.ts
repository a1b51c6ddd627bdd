import type { LoginCause } from './login-cause.ts'
import type { Reason } from './refusal.ts'

/**
 * Refusals that belong to every pull and push that ends well: the client is told how to go on, and does.
 * Whoever looks for what is wrong looks past them.
 */
export const ROUTINE: ReadonlySet<Reason> = new Set([
  ...(['credentials_missing', 'token_missing', 'scope_insufficient'] as const),
  ...(['mount_denied', 'mount_unremovable'] as const),
])

/**
 * What whoever runs rauth looks at when it says no for a reason. The words for the client are in
 * refusal.ts: these are for those who can see the configuration, the Secrets and the log.
 */
const NEXT_STEPS: Readonly<Record<Reason, string>> = {
  credentials_missing:
    'Nothing, if a login follows: clients ask without credentials first. Else give the pod an imagePullSecret, or the user a docker login.',
  credentials_malformed:
    'See which client this is: it sends a header that is no Basic login. A password with bytes that are not UTF-8 does that, too.',
  credentials_invalid:
    'Compare the user name and the password with the Secret of the namespace; the detail says whether the user name is known at all. After a rotation the pull Secret must be the new one.',
  refresh_token_invalid:
    'Have the user log in again: the refresh token has ended, or its credential changed.',
  too_many_failures:
    'Find the client with the wrong password by its address. If all clients share one address, name the proxy in trustedProxies.',
  credentials_conflicting:
    'See which client this is: its header and its form name different users.',
  credentials_in_query: 'Change that password: it stands in the access logs of each proxy.',
  service_unknown:
    'Compare the service in the registry’s auth.token with service and services of rauth.',
  scope_malformed: 'See which client this is: it asks for what is no scope.',
  request_malformed:
    'Compare the proxy’s configuration with its example below docs/deploy; the detail says what is wrong.',
  client_address_missing:
    'Let the proxy set the header that clientAddress names, in each request, and let nobody go past the proxy.',
  parameters_malformed: 'See which client this is: its query or its form can’t be read.',
  form_incomplete: 'See which client this is: its form lacks what OAuth asks for.',
  form_type_unsupported: 'See which client this is: its body is no form.',
  grant_type_unsupported:
    'See which client this is: it asks for a kind of grant that there is not.',
  headers_too_large: 'See which client this is: its request line or its headers are too long.',
  request_timeout: 'Look at the network: the request did not arrive whole in time.',
  request_too_large: 'See which client this is: it sends too much, or asks for too many scopes.',
  not_found: 'Compare realm with the path that was asked for; pathPrefix stands before /token.',
  method_unsupported:
    'Nothing, unless a client of yours needs that method: no registry has it there.',
  token_missing: 'Nothing: the client is told where to get a token, and comes back with one.',
  authorization_malformed:
    'See which client this is. Where tools send user name and password to the registry itself, gateway.basic takes them.',
  token_invalid:
    'The detail says why: an old token is fetched anew by the client; of another issuer or key, compare issuer, service and the keys of all replicas, and their clocks.',
  credential_revoked:
    'Nothing, if the Secret was changed or deleted just now: whoever logs in with the current one goes on.',
  scope_insufficient:
    'Nothing: the client fetches a token for this and comes back. If it does not, ask below whether it may.',
  login_required:
    'Give the client credentials, or the repository to everyone: policy.public, or a rule with anonymous: true.',
  mount_denied: 'Nothing: the client uploads the blob instead.',
  mount_unremovable: 'Nothing: the client uploads the blob instead.',
  access_denied:
    'See the explanation for the rule that decides. If it should be allowed, change the policy; else the client uses the credentials of another namespace.',
  path_invalid:
    'See which client this is: no registry client sends such a path. It may be an attack.',
  name_invalid: 'Have the repository renamed: its name is not in the OCI grammar.',
  reference_invalid: 'Have the tag or the digest corrected.',
  route_unknown:
    'If all requests end so, gateway.http names another proxy than the one that asks; else it is no registry client.',
  query_invalid: 'See which client this is: the registry API has no such query.',
  body_type_unsupported: 'See which client this is: it sends a form where a blob is expected.',
  page_size_invalid: 'See which client this is: it asks for pages of no size.',
  catalog_closed: 'Set catalog.registry if the catalog should be open.',
  catalog_busy: 'Find who lists catalogs so often: mostly a web interface that polls.',
  tag_immutable: 'Nothing: the policy has it so. Another tag can be pushed.',
  content_immutable: 'Nothing: the policy keeps what immutable tags may need.',
  tag_unclear: 'See that gateway.registry is reachable from rauth; the detail has its answer.',
  registry_unavailable:
    'See that catalog.registry is reachable from rauth; the detail has its answer.',
  not_ready:
    'See the parts above: mostly rauth may not list Secrets, or can’t reach the API server.',
  identity_unavailable:
    'The detail names the identity source that does not answer: see its server, its certificate and its timeout.',
  policy_unavailable:
    'The detail says who was asked and did not answer: policy.command, or the cluster of policy.kubernetes.',
  passwords_busy:
    'Use long random passwords, which need no bcrypt, or lower costs, or more replicas; see who logs in so often.',
  unrecorded:
    'See why the audit can’t be written: its part above and the log say it. With audit.required nothing is allowed that is not in it.',
  internal: 'Look for the id in the log: this is a fault of rauth’s, please report it.',
}

/** The same of a login, by what was wrong with it; undefined: the step of the reason is for that. */
const LOGIN_STEPS: Readonly<Record<LoginCause, string | undefined>> = {
  username_unknown: undefined,
  password_wrong: undefined,
  secret_unusable:
    'Correct the Secret as the detail says: until then nobody can log in by it. rauth check-config finds the rest of it.',
  credential_out_of_time:
    'Set a later notAfter, or an earlier notBefore, in the Secret that the detail names, or make a new password there; then the pull Secret must be the new one.',
  password_ended:
    'Give the client the current password: the one that it sends is in the Secret that the detail names, and its time is over. After a rotation the pull Secret must be the new one.',
}

/** What to do about one refusal; `cause`: of a login. */
export function nextStep(reason: Reason, cause: LoginCause | undefined): string {
  return (cause && LOGIN_STEPS[cause]) ?? NEXT_STEPS[reason]
}
