import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { hashSync } from '../../support/bcrypt.ts'
import { createBcryptComparison } from '../../../src/adapters/bcrypt/compare.ts'
import type { CompareBcrypt } from '../../../src/credentials/bcrypt-checks.ts'
import { ask, basic, type Answer } from '../../support/http.ts'
import { person } from '../../support/flows.ts'
import { until } from '../../support/until.ts'
import { PASSWORD, SERVICE, startTokenService, type TokenService } from './token-service.ts'

const COST = 10
const hashed = { ...person('team-b', 'canary'), bcrypt: hashSync('canary', { cost: COST }) }

const reasonOf = ({ body }: Answer) =>
  (JSON.parse(body) as { errors: readonly { detail: { reason: string } }[] }).errors[0]?.detail
    .reason

describe('token server with bcrypt hashes', () => {
  let service: TokenService
  const real = createBcryptComparison()
  let compare: CompareBcrypt = real
  let compared = 0
  before(async () => {
    service = await startTokenService({
      people: [person('team-a', PASSWORD), hashed],
      checks: {
        compare(password, encoded) {
          compared += 1
          return compare(password, encoded)
        },
        limits: { atOnce: 2, waiting: 20, perShare: 21 },
      },
    })
  })
  after(() => service.listener.close(100))

  const login = (username: string, password: string) =>
    ask(service.port, `/token?service=${SERVICE}&scope=repository:${username}/app:pull`, {
      headers: { authorization: basic(username, password) },
    })

  it('gives a token for the right password, by GET and by POST, after one comparison', async () => {
    compared = 0
    assert.equal((await login('team-b', 'canary')).status, 200)
    const form = {
      grant_type: 'password',
      service: SERVICE,
      username: 'team-b',
      password: 'canary',
    }
    const posted = await ask(service.port, '/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    })
    assert.equal(posted.status, 200, posted.body)
    assert.equal(compared, 1)
  })

  it('refuses any other with the one answer, whoever it is', async () => {
    const answers = [
      await login('team-b', 'wrong'),
      await login('team-a', 'wrong'),
      await login('nobody', 'wrong'),
      await login('team-b', PASSWORD),
    ]
    const bare = answers.map(({ status, headers, body }) => ({
      status,
      headers: { ...headers, date: '', 'content-length': headers['content-length'] },
      body: body.replace(/"decision":"[^"]+"/, ''),
    }))
    assert.equal(bare[0]?.status, 401)
    for (const one of bare) assert.deepEqual(one, bare[0])
  })

  it('gives a token for a plain password while twenty hashes are compared', async () => {
    let ended = 0
    compared = 0
    const slow = Array.from({ length: 20 }, async (_, i) => {
      const { status } = await login('team-b', `wrong-${i}`)
      ended += 1
      return status
    })
    await until('two are compared', 20_000, () => compared >= 2)
    assert.equal((await login('team-a', PASSWORD)).status, 200)
    assert.ok(ended < slow.length, 'it had to wait for all of them')
    assert.deepEqual(new Set(await Promise.all(slow)), new Set([401]))
  })

  it('is a 503 with a time to come back past its bounds, and takes what it knows', async () => {
    assert.equal((await login('team-b', 'canary')).status, 200)
    let go = (): void => undefined
    const held = new Promise<void>((resolve) => (go = resolve))
    compare = async (password, encoded) => {
      await held
      return real(password, encoded)
    }
    const turnedAway: Answer[] = []
    let ended = 0
    const all = Array.from({ length: 30 }, async (_, i) => {
      const answer = await login('team-b', `more-${i}`)
      if (answer.status === 503) turnedAway.push(answer)
      ended += 1
      return answer.status
    })
    await until('nine are turned away', 20_000, () => turnedAway.length === 9)
    assert.equal(ended, 9, 'the others wait')
    for (const answer of turnedAway) {
      assert.equal(answer.headers['retry-after'], '2')
      assert.equal(reasonOf(answer), 'passwords_busy')
    }
    assert.equal((await login('team-b', 'canary')).status, 200)
    assert.equal((await login('team-a', PASSWORD)).status, 200)
    go()
    const statuses = await Promise.all(all)
    assert.deepEqual(
      statuses.filter((status) => status !== 503),
      Array(21).fill(401),
    )
    assert.equal((await login('team-b', 'one more')).status, 401)
  })
})
