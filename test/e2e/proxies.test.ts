import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { findPart } from '../../tools/parts/install.ts'
import { craneClient } from '../support/clients.ts'
import { skopeoClient } from '../support/containers.ts'
import {
  ANSWERS,
  FORM,
  getsNothing,
  pushCanary,
  startBehind,
  waysTo,
  type Behind,
  type Target,
} from '../support/behind.ts'
import { startFront, type Front, type FrontKind } from '../support/fronts.ts'
import { ask, fetchToken, type Answer, type Question } from '../support/http.ts'

/** The very examples that the documents show, in the real proxies. */
const KINDS: readonly FrontKind[] = [
  { name: 'nginx', proxy: 'nginx' },
  {
    name: 'nginx that merges no slashes',
    proxy: 'nginx',
    change: ['client_max_body_size 32k;', 'client_max_body_size 32k; merge_slashes off;'],
  },
  { name: 'HAProxy', proxy: 'haproxy' },
  { name: 'Envoy over HTTP', proxy: 'envoy' },
  { name: 'Traefik', proxy: 'traefik' },
]

/** Why a kind is not tried. Traefik takes too long to build for every run: it is tried where it is. */
const WITHOUT: Readonly<Partial<Record<FrontKind['proxy'], string>>> =
  (await findPart('traefik')) === undefined
    ? { traefik: 'it is not there; next: npm run parts -- traefik' }
    : {}
const skip = ({ proxy }: FrontKind) => WITHOUT[proxy] ?? false

function reasonOf({ body }: Answer): string {
  const parsed = JSON.parse(body) as { errors: [{ detail: { reason: string } }] }
  return parsed.errors[0].detail.reason
}

for (const kind of KINDS) {
  describe(`behind ${kind.name}`, { skip: skip(kind) }, () => {
    let behind: Behind
    let front: Front
    let token: string
    let target: Target

    before(async () => {
      behind = await startBehind(kind)
      ;({ front, token, target } = behind)
    })
    after(() => behind.stop())

    const attempt: Behind['attempt'] = (path, question) => behind.attempt(path, question)
    const inside = (path: string, question: Question = {}) =>
      ask(front.stack.upstream, path, question)

    async function unharmed(): Promise<void> {
      const kept = await inside(`/v2/team-b/secret/manifests/${target.manifest}`, {
        headers: { accept: '*/*' },
      })
      assert.equal(kept.status, 200, 'the image of team-b is gone')
      assert.equal(
        (await inside(`/v2/team-a/app/blobs/${target.blob}`)).status,
        404,
        'the blob of team-b can be read in team-a',
      )
    }

    for (const [name, create] of [
      ['crane', craneClient],
      ['skopeo', skopeoClient],
    ] as const) {
      it(`${name} pushes and pulls its own, and not what is another's`, async () => {
        const client = await create(front.registry, front.stack.login('team-a'))
        try {
          const image = `${front.registry}/team-a/${name}:v1`
          const pushed = await client.push(`of ${name}`, image)
          assert.equal(pushed.code, 0, pushed.output)
          const pulled = await client.pull(image)
          assert.equal(pulled.code, 0, pulled.output)
          const other = await client.pull(`${front.registry}/team-b/secret:v1`)
          assert.notEqual(other.code, 0)
          assert.match(other.output, /your credentials are for other repositories|403|denied/i)
          const foreign = await client.push('evil', `${front.registry}/team-b/secret:v2`)
          assert.notEqual(foreign.code, 0)
        } finally {
          await client.remove()
        }
      })
    }

    it('gives the status and the error of the registry API, and HEAD the same without a body', async () => {
      for (const [method, path, status, code] of ANSWERS) {
        const answer = await attempt(path, { method })
        assert.equal(answer.status, status, `${method} ${path}: ${answer.body}`)
        assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
        assert.match(answer.body, new RegExp(`^\\{"errors":\\[\\{"code":"${code}"`))
        assert.equal(answer.headers['docker-distribution-api-version'], 'registry/2.0')
        if (method !== 'GET') continue
        const head = await attempt(path, { method: 'HEAD' })
        assert.deepEqual([head.status, head.body], [status, ''], path)
      }
    })

    it('challenges once, with the scope', async () => {
      const answer = await ask(front.entry, '/v2/team-a/app/tags/list')
      assert.equal(answer.status, 401)
      assert.equal(
        answer.headers['www-authenticate'],
        `Bearer realm="http://localhost:${front.entry}/token",service="${front.stack.service}",scope="repository:team-a/app:pull"`,
      )
      assert.equal(reasonOf(answer), 'token_missing')
      const method = await attempt('/v2/team-a/app/tags/list', { method: 'OPTIONS' })
      assert.equal(method.headers['allow'], 'GET, HEAD')
      assert.equal(method.headers['www-authenticate'], undefined)
    })

    it('reads nothing of another, by whatever path', async () => {
      for (const path of waysTo(target)) {
        for (const method of ['GET', 'HEAD', 'POST', 'DELETE', 'get']) {
          await getsNothing(`${method} ${path}`, attempt(path, { method }))
        }
      }
      // Where it is routed, the catalog is the caller's own.
      for (const path of ['/v2/_catalog', '/v2/%5Fcatalog']) {
        assert.doesNotMatch((await attempt(path)).body, /canary|secret|team-b/, path)
      }
      await unharmed()
    })

    it('is told by no header of the client which request it judges', async () => {
      const own = '/v2/team-a/app/tags/list'
      const other = '/v2/team-b/secret/tags/list'
      const names = ['original-uri', 'forwarded-uri', 'original-url', 'rewrite-url']
      for (const name of names.flatMap((end) => [`x-${end}`, `X_${end.replace('-', '_')}`])) {
        for (const values of [own, [own, own]]) {
          const asked = await attempt(other, { headers: { [name]: values } })
          assert.ok(asked.status === 403 || asked.status === 400, `${name}: ${asked.status}`)
        }
        const normal = await attempt(own, { headers: { [name]: other } })
        assert.ok(normal.status === 404 || normal.status === 400, `${name}: ${normal.status}`)
      }
      for (const name of ['x-original-method', 'x-forwarded-method', 'x-http-method-override']) {
        const headers = { [name]: 'GET' }
        const asked = await attempt('/v2/team-b/secret/manifests/v1', { method: 'DELETE', headers })
        assert.equal(asked.status, 403, name)
      }
      await unharmed()
    })

    it('refuses two tokens, and takes none from elsewhere', async () => {
      const good = `Bearer ${token}`
      for (const authorization of [[good, good], [good, 'Bearer x'], [`${good},Bearer x`]]) {
        const answer = await attempt('/v2/team-a/app/tags/list', { headers: { authorization } })
        assert.ok(answer.status === 401 || answer.status === 400, String(answer.status))
      }
    })

    it('mounts nothing by a form', async () => {
      const body = `mount=${target.blob}&from=team-b%2Fsecret`
      const types = [
        FORM,
        `${FORM}; charset=utf-8`,
        'Application/X-WWW-Form-Urlencoded',
        [FORM, 'application/octet-stream'],
        ['application/octet-stream', FORM],
        `application/octet-stream, ${FORM}`,
      ]
      for (const type of types) {
        const headers = { 'content-type': type }
        const answer = await attempt('/v2/team-a/app/blobs/uploads/', {
          ...{ method: 'POST', headers, body },
        })
        assert.ok([415, 400].includes(answer.status), `${String(type)}: ${answer.status}`)
      }
      await unharmed()
      const past = await inside('/v2/control/app/blobs/uploads/', {
        ...{ method: 'POST', headers: { 'content-type': FORM }, body },
      })
      assert.equal(past.status, 201, 'the registry would have taken it')
    })

    it('mounts nothing by a query, and nothing that it could only take away', async () => {
      const start = (query: string) =>
        attempt(`/v2/team-a/app/blobs/uploads/?${query}`, { method: 'POST' })
      for (const query of [
        `mount=${target.blob}&from=team-b/secret`,
        `mount=${target.blob}&fr%6Fm=team-b/secret`,
        `mount=${target.blob};from=team-b/secret`,
        `from=team-b/secret&mount=${target.blob}`,
      ]) {
        assert.ok((await start(query)).status >= 400, query)
      }
      const unnamed = await start(`mount=${target.blob}`)
      assert.equal(unnamed.status, 401)
      assert.equal(reasonOf(unnamed), 'mount_unremovable')
      assert.match(unnamed.headers['www-authenticate'] ?? '', /^Bearer realm=/)
      await unharmed()
    })
  })
}

for (const kind of KINDS) {
  describe(`what comes through ${kind.name}`, { skip: skip(kind) }, () => {
    /** What the registry would have got, as it stood on the wire. */
    const received: { url: string; headers: Readonly<Record<string, unknown>> }[] = []
    const echo = createServer((request, response) => {
      received.push({ url: request.url ?? '', headers: request.headers })
      request.resume()
      response.end('echo')
    })
    let front: Front
    let token: string

    before(async () => {
      await new Promise<void>((resolve) => {
        echo.listen({ host: '127.0.0.1', port: 0 }, resolve)
      })
      front = await startFront(kind, (echo.address() as AddressInfo).port)
      const scope = 'repository:team-a/app:pull,push'
      token = await fetchToken(
        ...([front.entry, front.stack.login('team-a'), front.stack.service, scope] as const),
      )
    })
    after(async () => {
      await front.stop()
      echo.close()
    })

    const attempt = (path: string, headers: Question['headers'] = {}) => {
      received.length = 0
      return ask(front.entry, path, { headers: { authorization: `Bearer ${token}`, ...headers } })
    }

    it('says who asked, whoever the client says it is', async () => {
      for (const name of [
        ...['x-rauth-account', 'X-Rauth-Account'],
        ...['x_rauth_account', 'X-Rauth_Account', 'x_rauth-account'],
      ]) {
        const answer = await attempt('/v2/team-a/app/tags/list', {
          ...{ [name]: 'evil', 'x-rauth-namespace': ['evil', 'team-b'] },
          'x-forwarded-host': 'evil.example',
        })
        // Envoy refuses a header with an underscore.
        if (answer.status === 400 && name.includes('_')) continue
        assert.equal(answer.body, 'echo')
        const { headers } = received[0] ?? assert.fail('nothing came')
        assert.equal(headers['x-rauth-account'], 'team-a')
        assert.equal(headers['x-rauth-namespace'], 'team-a')
        for (const [header, value] of Object.entries(headers)) {
          if (header.replaceAll('_', '-') === 'x-rauth-account')
            assert.equal(value, 'team-a', header)
        }
        // Traefik says there which host was asked for.
        const host = kind.proxy === 'traefik' ? front.registry : undefined
        assert.equal(headers['x-forwarded-host'], host)
        assert.equal(headers['authorization'], `Bearer ${token}`)
      }
    })

    it('is byte for byte what was judged', async () => {
      const digest = `sha256%3A${'0123456789abcdef'.repeat(4)}`
      const passed = [
        ...['/v2/', '/v2', '/v2/team-a/app/tags/list?n=1'],
        ...[`/v2/team-a/app/manifests/${digest}`, `/v2/team-a/app/blobs/${digest}?ns=docker.io`],
      ]
      for (const path of passed) {
        const answer = await attempt(path)
        assert.equal(answer.body, 'echo', path)
        assert.equal(received[0]?.url, path)
      }
      // Envoy cleans some of these before rauth sees them; the clean path is then judged and passed on.
      const strange = [
        '/v2/team-a/app/../../team-b/x/tags/list',
        '/v2/team-a//app/tags/list',
        '/v2/team-a/./app/tags/list',
        '/v2/team-a%2Fapp/tags/list',
        '/v2/team%2Da/app/tags/list',
        '//v2/team-a/app/tags/list',
        '/v2/team-a/app/tags/list%20',
        '/v2/team-a/app/tags/list?n=1;n=2',
        '/v2/team-a/app/tags/list?n=%zz',
        'http://evil.example/v2/team-a/app/tags/list',
        '/v2/team-a/app/tags/list#x',
      ]
      for (const path of strange) {
        const { body } = await attempt(path)
        if (body === 'echo') assert.equal(received[0]?.url, '/v2/team-a/app/tags/list', path)
        else assert.equal(received.length, 0, path)
      }
    })

    it('is nothing, and a failure for the client, when rauth is gone', async () => {
      await front.stack.killRauth()
      const answer = await attempt('/v2/team-a/app/tags/list')
      assert.equal(answer.status, kind.proxy === 'traefik' ? 500 : 503)
      assert.equal(received.length, 0)
      if (kind.proxy === 'traefik') assert.equal(answer.body, '')
      if (kind.proxy === 'nginx' || kind.proxy === 'haproxy')
        assert.match(answer.body, /^\{"errors":\[\{"code":"UNAVAILABLE"/)
      await front.stack.startRauth()
      assert.equal((await attempt('/v2/team-a/app/tags/list')).body, 'echo')
    })
  })
}

describe('behind Envoy over HTTP that shows no Content-Type', () => {
  let front: Front
  before(async () => {
    front = await startFront({
      ...{ name: 'Envoy that hides', proxy: 'envoy' },
      change: ['- { exact: content-type }', '- { exact: x-nothing }'],
    })
  })
  after(() => front.stop())

  it('takes the body of an upload for bytes, whatever it calls itself', async () => {
    const { blob } = await pushCanary(front)
    const { entry, stack } = front
    const scope = 'repository:team-a/app:pull,push'
    const token = await fetchToken(entry, stack.login('team-a'), stack.service, scope)
    const question = (type: string) => ({
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': type },
      body: `mount=${blob}&from=team-b%2Fsecret`,
    })
    const answer = await ask(entry, '/v2/team-a/app/blobs/uploads/', question(FORM))
    assert.equal(answer.status, 202, answer.body)
    assert.equal((await ask(stack.upstream, `/v2/team-a/app/blobs/${blob}`)).status, 404)
    const past = await ask(stack.upstream, '/v2/control/app/blobs/uploads/', question(FORM))
    assert.equal(past.status, 201, 'the registry would have taken it')
  })
})
