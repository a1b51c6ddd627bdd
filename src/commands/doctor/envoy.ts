import { ask, isRefusalOfRauth } from '../../adapters/probe/ask.ts'
import { authorizationFilters } from '../../adapters/probe/envoy-config.ts'
import { askBeforeBody } from '../../adapters/probe/half-request.ts'
import { messageOf, RauthError } from '../../errors.ts'
import type { EnvoyConfig } from './envoy-config-source.ts'
import { failed, ok, skipped, type Check } from './finding.ts'

/** How long Envoy may hold a request whose body does not come, milliseconds. */
const PATIENCE = 3_000

/** Where no repository is, and if it were, nobody would get at it without a token. */
const UPLOAD = '/v2/rauth-doctor/probe/blobs/uploads/'

/** What envoy/envoy.yaml has Envoy say where it could not ask. */
const COULD_NOT_ASK = /cannot be asked/

/** Checks of an Envoy by what it does; its configuration, a file or its `/config_dump`, tells why. */
export function envoyChecks(
  envoy: string | undefined,
  config: EnvoyConfig | undefined,
): readonly Check[] {
  // Both want to know, and one that can't ask takes its time.
  let asked: ReturnType<typeof asksRauth> | undefined
  const askOnce = (url: string) => (asked ??= asksRauth(url, config))
  const toEnvoy = (look: (url: string) => ReturnType<Check['look']>) => () =>
    envoy === undefined ? Promise.resolve(skipped('say where Envoy is: --envoy URL')) : look(envoy)
  return [
    { name: 'Envoy asks rauth', look: toEnvoy(askOnce) },
    {
      name: 'Envoy does not wait for bodies',
      look: toEnvoy(async (url) => {
        const { state } = await askOnce(url)
        return state === 'ok' ? passesBodies(url) : skipped('rauth is not asked')
      }),
    },
  ]
}

/** By its configuration alone: to try it, rauth would have to be away. */
export function failsClosedCheck(config: EnvoyConfig | undefined): Check {
  return {
    name: 'Envoy fails closed',
    look: () =>
      config === undefined
        ? Promise.resolve(skipped('say what its configuration is: --envoy-config FILE or URL'))
        : failsClosed(config),
  }
}

async function asksRauth(envoy: string, config: EnvoyConfig | undefined) {
  const answer = await ask(new URL('/v2/', envoy))
  const { status } = answer
  if (isRefusalOfRauth(answer)) {
    return status === 401
      ? ok('a request without a token is refused by rauth')
      : failed(`rauth answers ${status} to a request without a token: see its log`)
  }
  if (status === 401) {
    return failed(
      'the 401 is not of rauth: the registry answers itself, so Envoy has no ext_authz filter for /v2/',
    )
  }
  const said = `it answers ${status} without a token, and not as rauth does`
  const hasFilter = COULD_NOT_ASK.test(answer.body) || (await isInThere(config))
  // What the filter answers where it can't ask: 403, unless status_on_error says otherwise.
  const mayBeOfFilter = status === 403 || status >= 500
  if (hasFilter === false || !mayBeOfFilter) {
    return failed(`${said}: add the ext_authz filter for /v2/`)
  }
  if (hasFilter) {
    return failed(
      `${said}: Envoy has the ext_authz filter, and can’t reach rauth, or not in time; see that rauth runs and ` +
        'answers (the rows above), then where the cluster of that filter leads',
    )
  }
  return failed(
    `${said}: either Envoy can’t reach rauth (see the rows above), or it has no ext_authz filter: ` +
      '--envoy-config tells which',
  )
}

/** The filter; not known where there is no configuration, or none that can be read, of which another check tells. */
async function isInThere(config: EnvoyConfig | undefined): Promise<boolean | undefined> {
  if (config === undefined) return undefined
  try {
    return authorizationFilters(await config.text()).length > 0
  } catch {
    return undefined
  }
}

async function passesBodies(envoy: string) {
  const status = await askBeforeBody(new URL(UPLOAD, envoy), PATIENCE).catch((error: unknown) => {
    throw new RauthError('ERR_UNREACHABLE', `${envoy} does not answer: ${messageOf(error)}`)
  })
  return status === undefined
    ? failed(
        'an upload waits until its body is there: take with_request_body away, layers are large',
      )
    : ok('an upload is judged before its body comes')
}

async function failsClosed(config: EnvoyConfig) {
  const filters = authorizationFilters(await config.text())
  if (filters.length === 0) return failed(`${config.name} has no ext_authz filter`)
  if (filters.some(({ failureModeAllow }) => failureModeAllow)) {
    return failed('failure_mode_allow is true: without rauth everybody gets in; take it away')
  }
  return filters.some(({ buffersBodies }) => buffersBodies)
    ? failed(
        'with_request_body is there: uploads are held back, and large ones refused; take it away',
      )
    : ok('without rauth nobody gets in')
}
