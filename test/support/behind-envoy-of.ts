import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, afterEach, before, describe, it } from 'node:test'
import {
  ANSWERS,
  FORM,
  getsNothing,
  OWN,
  pushesAndPullsItsOwn,
  SECRET,
  startBehind,
  waysTo,
  type Behind,
} from './behind.ts'
import { tokenRequestsOf } from './decisions.ts'
import { startFront, type Front, type FrontKind } from './fronts.ts'
import { ask, basic, fetchToken, type Answer } from './http.ts'
import { exchange, head } from './wire.ts'

/**
 * What holds behind an Envoy that a control plane configured by an example of ours. `inWords`: what that
 * Envoy answers by itself has the form of the registry's own errors.
 */
export function describeBehindEnvoyOf(kind: FrontKind, { inWords = false } = {}): void {
  function said({ status, body }: Answer, wanted: number, code: string): void {
    assert.equal(status, wanted, body)
    if (!inWords) return
    const { errors } = JSON.parse(body) as { errors: readonly Readonly<Record<string, string>>[] }
    assert.equal(errors[0]?.['code'], code)
    // Of Envoy and not of rauth, which says more.
    assert.deepEqual(Object.keys(errors[0]), ['code', 'message'])
  }

  describe(`behind what ${kind.name} makes of the example`, () => {
    let behind: Behind
    let front: Front
    before(async () => {
      behind = await startBehind(kind)
      front = behind.front
    })
    after(() => behind.stop())

    const attempt: Behind['attempt'] = (path, question) => behind.attempt(path, question)

    it('crane pushes and pulls its own, and not what is another’s', async () => {
      await pushesAndPullsItsOwn(front)
    })

    it('gives the status and the error of the registry API', async () => {
      for (const [method, path, status, code] of ANSWERS) {
        const answer = await attempt(path, { method })
        assert.equal(answer.status, status, `${method} ${path}: ${answer.body}`)
        assert.match(answer.body, new RegExp(`^\\{"errors":\\[\\{"code":"${code}"`))
      }
      said(await attempt('/elsewhere'), 404, 'NOT_FOUND')
    })

    it('reads nothing of another, by whatever path, header or upgrade', async () => {
      for (const path of waysTo(behind.target)) {
        for (const headers of [
          {},
          { 'x-original-uri': OWN, 'x-forwarded-uri': OWN, 'x-envoy-original-path': OWN },
          { connection: 'upgrade', upgrade: 'websocket' },
        ]) {
          const answer = await getsNothing(path, attempt(path, { headers }))
          // No redirect either: this one has none to give.
          if (answer !== undefined) assert.ok(answer.status >= 400, `${path}: ${answer.status}`)
        }
      }
      const method = { method: 'DELETE', headers: { 'x-http-method-override': 'GET' } }
      assert.equal((await attempt(SECRET, method)).status, 403)
    })

    it('mounts nothing of another: a query becomes an upload, a form is refused', async () => {
      const at = '/v2/team-a/app/blobs/uploads/'
      const { blob } = behind.target
      for (const query of [`mount=${blob}&from=team-b/secret`, `mount=${blob}`]) {
        assert.equal((await attempt(`${at}?${query}`, { method: 'POST' })).status, 202, query)
      }
      const form = { 'content-type': FORM }
      const body = `mount=${blob}&from=team-b%2Fsecret`
      assert.equal((await attempt(at, { method: 'POST', headers: form, body })).status, 415)
      assert.equal((await attempt(`/v2/team-a/app/blobs/${blob}`)).status, 404)
    })

    it('takes for the client who asks, whatever their X-Forwarded-For says', async () => {
      const { stack, entry } = front
      const { username, password } = stack.login('team-a')
      const [asked] = await tokenRequestsOf(stack, async () => {
        const headers = { authorization: basic(username, password), 'x-forwarded-for': '192.0.2.1' }
        const question = { headers, from: '127.0.0.5' }
        assert.equal((await ask(entry, `/token?service=${stack.service}`, question)).status, 200)
      })
      assert.equal(asked?.address, '127.0.0.5')
    })

    it('lists to each the repositories that it may pull', async () => {
      assert.deepEqual(JSON.parse((await attempt('/v2/_catalog')).body), {
        repositories: ['team-a/app'],
      })
    })

    it('is closed while rauth is away', async () => {
      await front.stack.killRauth()
      said(await attempt(OWN), 503, 'UNAVAILABLE')
      await front.stack.startRauth()
      assert.equal((await attempt(OWN)).status, 200)
    })
  })

  describe(`what comes through what ${kind.name} makes of the example`, () => {
    const received: (readonly [path: string | undefined, headers: IncomingHttpHeaders])[] = []
    const echo = createServer((request, response) => {
      received.push([request.url, request.headers])
      request.resume()
      response.end('echo')
    })
    let front: Front
    /** Of team-a, who may read its own. */
    let authorization: string
    before(async () => {
      await new Promise<void>((resolve) => {
        echo.listen({ host: '127.0.0.1', port: 0 }, resolve)
      })
      front = await startFront(kind, (echo.address() as AddressInfo).port)
      const { entry, stack } = front
      const scope = 'repository:team-a/app:pull'
      authorization = `Bearer ${await fetchToken(entry, stack.login('team-a'), stack.service, scope)}`
    })
    after(async () => {
      echo.close()
      await front.stop()
    })

    afterEach(() => received.splice(0))

    it('says who asked, whoever the client says it is', async () => {
      const { entry } = front
      const headers = {
        ...{ authorization, 'x-rauth-account': 'evil', 'X-Rauth-Namespace': ['evil', 'team-b'] },
        ...{ 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' },
      }
      assert.equal((await ask(entry, OWN, { headers })).body, 'echo')
      const [[, got] = assert.fail('nothing came')] = received
      assert.equal(got['x-rauth-account'], 'team-a')
      assert.equal(got['x-rauth-namespace'], 'team-a')
      assert.deepEqual([got['x-forwarded-host'], got['forwarded']], [undefined, undefined])
      const lookalike = { authorization, x_rauth_account: 'evil' }
      said(await ask(entry, OWN, { headers: lookalike }), 400, 'UNSUPPORTED')
      const large = { authorization, 'x-large': 'x'.repeat(20_000) }
      if (inWords) said(await ask(entry, OWN, { headers: large }), 431, 'UNSUPPORTED')
      assert.equal(received.length, 1)
    })

    it('is no upgrade, nor what is said after one, not even of who may read', async () => {
      const upgrade = { connection: 'upgrade', upgrade: 'websocket' }
      for (const headers of [upgrade, { ...upgrade, authorization }]) {
        for (const at of ['/v2', '/v2/', OWN, '/v2/team-a/app/blobs/uploads/', '/token']) {
          said(await ask(front.entry, at, { headers }), 403, 'UNSUPPORTED')
        }
      }
      for (const type of ['websocket', 'WebSocket', 'websocket, h2c', 'none']) {
        const asked = head(
          `GET ${OWN} HTTP/1.1`,
          ...[`Authorization: ${authorization}`, 'Connection: upgrade', `Upgrade: ${type}`],
        )
        const { statuses } = await exchange(front.entry, [asked, head(`GET ${SECRET} HTTP/1.1`)])
        assert.deepEqual(statuses, [403], type)
      }
      assert.deepEqual(
        received.map(([path]) => path),
        [],
      )
    })
  })
}
