import { setTimeout as sleep } from 'node:timers/promises'
import { startChecking } from '../checking.ts'
import { ask, basic } from '../http.ts'
import { SERVICE, type Serving } from '../serving.ts'

export interface Traffic {
  /** Clients with a wrong password, from now on. */
  guess(wanted: boolean): void
  stop(): Promise<void>
}

export const PASSWORD = 'a long random password'

/** Between two rounds, milliseconds. */
const PAUSE = 100

/** What clients of a registry do in a round: log in, pull, push, ask for what is not theirs. */
const CHECKS: readonly (readonly [method: string, path: string, mine: boolean])[] = [
  ['GET', '/v2/', true],
  ['GET', '/v2/', false],
  ['HEAD', '/v2/team-a/app/manifests/v1', true],
  ['GET', '/v2/team-a/app/manifests/v1', true],
  ['GET', `/v2/team-a/app/blobs/sha256:${'a'.repeat(64)}`, true],
  ['POST', '/v2/team-a/app/blobs/uploads/', true],
  ['PUT', '/v2/team-a/app/manifests/v2', true],
  ['GET', '/v2/team-a/old/tags/list', true],
  ['GET', '/v2/team-b/app/manifests/v1', true],
  ['GET', '/v2/team-a/app/manifests/v1', false],
  ['PROPFIND', '/v2/team-a/app/manifests/v1', true],
  ['GET', '/v2/odd/%2e%2e/path', false],
]

/** Goes on until it is stopped; what is refused is part of it. */
export function startTraffic(serving: Serving): Traffic {
  const checking = startChecking(serving.gateway, 30_000)
  let [going, guessing, rounds] = [true, false, 0]

  async function token(username: string, password: string, scope: string): Promise<string> {
    const query = new URLSearchParams({ service: SERVICE, scope })
    const { body } = await ask(serving.token, `/token?${query.toString()}`, {
      headers: { authorization: basic(username, password) },
    })
    return (JSON.parse(body) as { token?: string }).token ?? ''
  }

  async function round(): Promise<void> {
    rounds += 1
    const scopes = ['repository:team-a/app:pull,push', 'repository:team-a/old:pull']
    const mine = await token('team-a', PASSWORD, scopes.join(' '))
    await token('team-b', PASSWORD, 'repository:team-b/app:pull')
    for (const [method, path, own] of CHECKS) {
      await checking.check({ method, path, token: own ? mine : undefined })
    }
    if (guessing) await token('team-a', `wrong ${String(rounds)}`, '')
  }
  async function go(): Promise<void> {
    while (going) {
      await round()
      await sleep(PAUSE)
    }
  }
  const gone = go()
  return {
    guess(wanted) {
      guessing = wanted
    },
    async stop() {
      going = false
      await gone
      checking.close()
    },
  }
}
