import type { Login } from '../../tools/stack/secret-manifest.ts'
import { fetchToken } from '../support/http.ts'
import type { Random } from '../support/random.ts'
import { SERVICE, type Serving } from '../support/serving.ts'

/** How long after a change either answer is right, milliseconds: rauth needs a tenth of a second. */
const SETTLING = 2_000

/** How long a token is used, milliseconds: less than it lives. */
const TOKEN_AGE = 120_000

/** A namespace whose Secret changes, and what is known of it. */
export interface Namespace {
  readonly name: string
  /** How many passwords it had. */
  version: number
  /** Absent: its Secret is removed. */
  login: Login | undefined
  /** Of the last change. */
  changed: number
  token: { readonly text: string; readonly login: Login; readonly fetched: number } | undefined
  /** One whose credential is no more. */
  revoked: string | undefined
}

export const isSettled = ({ changed }: Namespace) => performance.now() - changed > SETTLING

export function makeNamespaces(count: number): readonly Namespace[] {
  return Array.from({ length: count }, (_, i) => {
    const name = `team-${i}`
    const login = { username: name, password: passwordOf(name, 0) }
    const nothing = { token: undefined, revoked: undefined }
    return { name, version: 0, login, changed: -Infinity, ...nothing }
  })
}

const passwordOf = (name: string, version: number) => `the password ${version} of ${name}, long`

/** Changes one: another password, no Secret any more, or one again. Says which. */
export async function change(serving: Serving, namespace: Namespace, random: Random) {
  const { name } = namespace
  namespace.changed = Infinity
  namespace.revoked = namespace.token?.text ?? namespace.revoked
  namespace.token = undefined
  const removes = namespace.login !== undefined && random.below(4) === 0
  const what = removes ? 'removed' : namespace.login === undefined ? 'added' : 'rotated'
  if (removes) {
    namespace.login = undefined
    await serving.removeSecret(name)
  } else {
    namespace.version += 1
    namespace.login = { username: name, password: passwordOf(name, namespace.version) }
    await serving.writeSecret(name, namespace.login)
  }
  namespace.changed = performance.now()
  return what
}

/** Logs in where it is time to, as the clients of a namespace do. */
export async function renew(serving: Serving, namespace: Namespace): Promise<boolean> {
  const { login, token, name } = namespace
  if (login === undefined || !isSettled(namespace)) return false
  if (token !== undefined && performance.now() - token.fetched < TOKEN_AGE) return false
  const scope = `repository:${name}/app:pull`
  const text = await fetchToken(serving.token, login, SERVICE, scope).catch((error: unknown) => {
    // A change in the meantime may have ended that login.
    if (namespace.login === login) throw error
    return undefined
  })
  if (text !== undefined && namespace.login === login) {
    namespace.token = { text, login, fetched: performance.now() }
  }
  return true
}
