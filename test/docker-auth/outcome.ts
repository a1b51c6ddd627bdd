import { ask, type Answer } from '../support/http.ts'
import type { TokenRequest } from './request.ts'

/** What a token server made of a request, in words that both have. */
export interface Outcome {
  /** `failed`: it could not tell; `none`: it hung up. */
  readonly kind: 'granted' | 'refused' | 'malformed' | 'failed' | 'none'
  /** Each `type:name:action`, sorted; `*` stands for all of one resource. */
  readonly access: readonly string[]
  readonly subject: string
  readonly audience: string
  readonly lifetime: number
}

const NOTHING = { access: [], subject: '', audience: '', lifetime: 0 }

export async function outcomeOf(
  port: number,
  prefix: string,
  { method, path, query, form, headers, from }: TokenRequest,
): Promise<Outcome> {
  const target = prefix + path + (query === '' ? '' : `?${query}`)
  const body = form === undefined ? {} : { body: form }
  const answer = await ask(port, target, { method, headers, from, ...body }).catch(() => undefined)
  if (answer === undefined) return { kind: 'none', ...NOTHING }
  const { status } = answer
  if (status === 200) return granted(answer)
  if (status === 401) return { kind: 'refused', ...NOTHING }
  if (status >= 500) return { kind: 'failed', ...NOTHING }
  return { kind: 'malformed', ...NOTHING }
}

interface Claims {
  readonly sub: string
  readonly aud: string
  readonly exp: number
  readonly iat: number
  readonly access: readonly {
    readonly type: string
    readonly name: string
    readonly actions: readonly string[]
  }[]
}

function granted({ body }: Answer): Outcome {
  const { token } = JSON.parse(body) as { token: string }
  const payload = token.split('.')[1] ?? ''
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims
  const all = claims.access.flatMap(({ type, name, actions }) =>
    actions.map((action) => [`${type}:${name}`, action] as const),
  )
  const whole = new Set(all.filter(([, action]) => action === '*').map(([resource]) => resource))
  const access = all.map(
    ([resource, action]) => `${resource}:${whole.has(resource) ? '*' : action}`,
  )
  return {
    kind: 'granted',
    access: [...new Set(access)].sort(),
    ...{ subject: claims.sub, audience: claims.aud, lifetime: claims.exp - claims.iat },
  }
}

/** The same in one line, for a comparison and for a message. */
export function lineOf({ kind, access, subject, audience, lifetime }: Outcome): string {
  return kind === 'granted'
    ? `granted to "${subject}" for "${audience}", ${lifetime} s: ${access.join(' ')}`
    : kind
}
