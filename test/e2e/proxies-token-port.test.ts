import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { findPart } from '../../tools/parts/install.ts'
import { craneClient } from '../support/clients.ts'
import { tokenRequestsOf } from '../support/decisions.ts'
import { startFront, type Front, type FrontKind } from '../support/fronts.ts'
import { ask, basic, fetchToken } from '../support/http.ts'
import { watchStalls } from '../support/promised.ts'
import { sendUnfinishedForms } from '../support/unfinished-forms.ts'

const KINDS: readonly FrontKind[] = [
  { name: 'nginx', proxy: 'nginx' },
  { name: 'HAProxy', proxy: 'haproxy' },
  { name: 'Envoy over HTTP', proxy: 'envoy' },
  { name: 'Istio', proxy: 'istio' },
  { name: 'Traefik', proxy: 'traefik' },
]

/** Traefik takes too long to build for every run: it is tried where it is. */
const withoutTraefik =
  (await findPart('traefik')) === undefined && 'it is not there; next: npm run parts -- traefik'

const FAILURES = 10

/** More than Envoy has connections to rauth, and more than rauth takes: 2,000. */
const UNFINISHED = 2_050

for (const kind of KINDS) {
  const skip = kind.proxy === 'traefik' && withoutTraefik
  describe(`the token port behind ${kind.name}`, { skip }, () => {
    let front: Front
    before(async () => {
      front = await startFront(kind)
    })
    after(() => front.stop())

    const login = (from: string, forwarded: string | readonly string[], password: string) =>
      ask(front.entry, `/token?service=${front.stack.service}`, {
        headers: { authorization: basic('team-a', password), 'x-forwarded-for': forwarded },
        from,
      })

    it('lists to each the repositories that it may pull', async () => {
      const owner = await craneClient(`localhost:${front.stack.upstream}`)
      try {
        for (const namespace of ['team-a', 'team-b']) {
          const image = `localhost:${front.stack.upstream}/${namespace}/app:v1`
          const pushed = await owner.push('of the catalog', image)
          assert.equal(pushed.code, 0, pushed.output)
          const { service } = front.stack
          const token = await fetchToken(front.entry, front.stack.login(namespace), service)
          const headers = { authorization: `Bearer ${token}` }
          const listed = await ask(front.entry, '/v2/_catalog', { headers })
          assert.deepEqual(JSON.parse(listed.body), { repositories: [`${namespace}/app`] })
        }
      } finally {
        await owner.remove()
      }
      assert.equal((await ask(front.entry, '/v2/_catalog')).status, 401)
    })

    it('takes for the client who asks, whatever their X-Forwarded-For says', async () => {
      const { password } = front.stack.login('team-a')
      for (const forwarded of [
        ...['10.1.1.1', '10.1.1.1, 127.0.0.1', '127.0.0.1', 'unknown', ''],
        ['10.1.1.1', '10.1.1.2'],
      ]) {
        const [asked] = await tokenRequestsOf(front.stack, async () => {
          assert.equal((await login('127.0.0.5', forwarded, password)).status, 200)
        })
        assert.equal(asked?.address, '127.0.0.5', String(forwarded))
      }
    })

    // More than Envoy has connections to rauth, and more than rauth takes. A login takes milliseconds by itself.
    // rauth's own port is the same behind each.
    for (const way of kind.proxy === 'nginx' ? ['entry', 'token port'] : ['entry']) {
      it(`lets people log in while others send forms that never end, by the ${way}`, async () => {
        const port = way === 'entry' ? front.entry : front.stack.token
        const headers = { authorization: basic('team-a', front.stack.login('team-a').password) }
        const path = `/token?service=${front.stack.service}`
        /** The longest of three, milliseconds. */
        async function logIn(): Promise<number> {
          let longest = 0
          for (let at = 0; at < 3; at += 1) {
            const begin = performance.now()
            const answer = await ask(port, path, { headers, from: '127.0.0.7' })
            assert.equal(answer.status, 200, answer.body)
            longest = Math.max(longest, performance.now() - begin)
          }
          return longest
        }
        // On this machine as it is now.
        const usual = await logIn()
        const forms = await sendUnfinishedForms(port, UNFINISHED)
        const stalls = watchStalls()
        try {
          const took = await logIn()
          const most = 3_000 + 10 * usual + stalls.total()
          assert.ok(took < most, `${took.toFixed(0)} ms, else ${usual.toFixed(0)}`)
        } finally {
          stalls.stop()
          forms.stop()
        }
      })
    }

    // The very machine of the proxy is a trusted one: nothing that it sends may be taken for a hop.
    for (const from of ['127.0.0.6', '127.0.0.1']) {
      it(`lets nobody guess on under other addresses: ${from}`, async () => {
        const statuses: number[] = []
        for (let i = 0; i <= FAILURES; i += 1) {
          statuses.push((await login(from, `192.0.2.${i}`, 'wrong')).status)
        }
        assert.deepEqual(statuses, [...Array<number>(FAILURES).fill(401), 429])
      })
    }
  })
}
