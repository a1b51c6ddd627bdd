import { ask, isRefusalOfRauth } from '../../adapters/probe/ask.ts'
import { authorizationFilters } from '../../adapters/probe/envoy-config.ts'
import { askBeforeBody } from '../../adapters/probe/half-request.ts'
import { messageOf, RauthError } from '../../errors.ts'
import { readInput } from '../asking/input.ts'
import { failed, ok, skipped, type Check } from './finding.ts'

/** How long Envoy may hold a request whose body does not come, milliseconds. */
const PATIENCE = 3_000

/** Where no repository is, and if it were, nobody would get at it without a token. */
const UPLOAD = '/v2/rauth-doctor/probe/blobs/uploads/'

/** Checks of an Envoy by what it does, and by its configuration: a file, or its `/config_dump`. */
export function envoyChecks(
  envoy: string | undefined,
  config: string | undefined,
): readonly Check[] {
  const toEnvoy = (look: (url: string) => ReturnType<Check['look']>) => () =>
    envoy === undefined ? Promise.resolve(skipped('say where Envoy is: --envoy URL')) : look(envoy)
  return [
    { name: 'Envoy asks rauth', look: toEnvoy(asksRauth) },
    { name: 'Envoy does not wait for bodies', look: toEnvoy(passesBodies) },
    {
      name: 'Envoy fails closed',
      look: () =>
        config === undefined
          ? Promise.resolve(skipped('say what its configuration is: --envoy-config FILE or URL'))
          : failsClosed(config),
    },
  ]
}

async function asksRauth(envoy: string) {
  const answer = await ask(new URL('/v2/', envoy))
  const { status } = answer
  if (isRefusalOfRauth(answer)) {
    return status === 401
      ? ok('a request without a token is refused by rauth')
      : failed(`rauth answers ${status} to a request without a token: see its log`)
  }
  return status === 401
    ? failed(
        'the 401 is not of rauth: the registry answers itself, so Envoy has no ext_authz filter for /v2/',
      )
    : failed(
        `it answers ${status} without a token, and rauth was not asked: add the ext_authz filter`,
      )
}

async function passesBodies(envoy: string) {
  const asked = await asksRauth(envoy)
  if (asked.state !== 'ok') return skipped('rauth is not asked')
  const status = await askBeforeBody(new URL(UPLOAD, envoy), PATIENCE).catch((error: unknown) => {
    throw new RauthError('ERR_UNREACHABLE', `${envoy} does not answer: ${messageOf(error)}`)
  })
  return status === undefined
    ? failed(
        'an upload waits until its body is there: take with_request_body away, layers are large',
      )
    : ok('an upload is judged before its body comes')
}

/** Of a file, or of the URL of its `/config_dump`. */
export async function envoyConfigText(config: string): Promise<string> {
  return URL.canParse(config) ? (await ask(config)).body : readInput(config)
}

async function failsClosed(config: string) {
  const filters = authorizationFilters(await envoyConfigText(config))
  if (filters.length === 0) return failed(`${config} has no ext_authz filter`)
  if (filters.some(({ failureModeAllow }) => failureModeAllow)) {
    return failed('failure_mode_allow is true: without rauth everybody gets in; take it away')
  }
  return filters.some(({ buffersBodies }) => buffersBodies)
    ? failed(
        'with_request_body is there: uploads are held back, and large ones refused; take it away',
      )
    : ok('without rauth nobody gets in')
}
