import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { craneClient } from '../support/clients.ts'
import { ask, fetchToken, type Question } from '../support/http.ts'
import { startStack, type Stack, type StackOptions } from '../support/stack.ts'

/** The gateway alone is in charge: what it lets pass, the registry serves. */
const STACKS: readonly (readonly [name: string, options: StackOptions])[] = [
  ['registry 3, Envoy normalizes', { registry: '3', registryAuth: false, envoy: true }],
  [
    'registry 3, Envoy passes raw paths on',
    { registry: '3', registryAuth: false, envoy: true, normalize: false },
  ],
  ['registry 2.8, Envoy normalizes', { registry: '2.8', registryAuth: false, envoy: true }],
]

const CANARY = 'canary of team-b'

for (const [name, options] of STACKS) {
  describe(`team-a against team-b's image: ${name}`, () => {
    let stack: Stack
    let token: string
    /** Digest of a layer of team-b that holds the canary. */
    let blob: string
    let manifest: string
    let size: number

    before(async () => {
      stack = await startStack(options)
      const owner = await craneClient(stack.registry, stack.login('team-b'))
      const pushed = await owner.push(CANARY, `${stack.registry}/team-b/secret:v1`)
      assert.equal(pushed.code, 0, pushed.output)
      const read = await owner.crane('manifest', `${stack.registry}/team-b/secret:v1`)
      const parsed = JSON.parse(read.stdout) as { layers: { digest: string; size: number }[] }
      const layer = parsed.layers[0] ?? assert.fail(read.output)
      blob = layer.digest
      size = layer.size
      manifest = (await owner.crane('digest', `${stack.registry}/team-b/secret:v1`)).stdout.trim()
      await owner.remove()
      token = await fetchToken(
        stack.entry,
        stack.login('team-a'),
        stack.service,
        'repository:team-a/app:pull,push,delete',
        'repository:team-b/secret:pull,push,delete',
        'registry:catalog:*',
      )
    })
    after(() => stack.stop())

    const attempt = (path: string, question: Question = {}) =>
      ask(stack.entry, path, {
        ...question,
        headers: { authorization: `Bearer ${token}`, ...question.headers },
      })

    /** The registry itself, past Envoy: what is really there. */
    const inside = (path: string, question: Question = {}) => ask(stack.upstream, path, question)

    async function unharmed() {
      const kept = await inside(`/v2/team-b/secret/manifests/${manifest}`, {
        headers: { accept: '*/*' },
      })
      assert.equal(kept.status, 200, 'the image of team-b is gone')
      assert.equal((await inside('/v2/team-b/secret/manifests/evil')).status, 404)
      assert.equal(
        (await inside(`/v2/team-a/app/blobs/${blob}`)).status,
        404,
        'the blob of team-b can be read in team-a',
      )
    }

    it('holds a token that works for its own repository', async () => {
      assert.equal((await attempt('/v2/')).status, 200)
      assert.equal((await attempt('/v2/team-a/app/tags/list')).status, 404, 'the registry answers')
      assert.equal((await attempt('/v2/team-a/app/manifests/v1')).status, 404)
    })

    it('was not granted anything of team-b', () => {
      const payload = token.split('.')[1] ?? ''
      assert.doesNotMatch(Buffer.from(payload, 'base64url').toString(), /team-b|catalog/)
    })

    const READS = (): readonly string[] => [
      '/v2/team-b/secret/tags/list',
      '/v2/team-b/secret/manifests/v1',
      `/v2/team-b/secret/manifests/${manifest}`,
      `/v2/team-b/secret/blobs/${blob}`,
      '/v2/_catalog/',
      '/v2/_catalog?n=100&x=1',
      '/v2/_catalog?n=100;last=team',
      '/v2/_catalog/../team-b/secret/tags/list',
      '/v2/team-b%2Fsecret/tags/list',
      '/v2/team-b%2fsecret/manifests/v1',
      '/v2/team%2Db/secret/tags/list',
      '/v2/%74eam-b/secret/tags/list',
      '/%76%32/team-b/secret/tags/list',
      '/v2/team-a/../team-b/secret/tags/list',
      '/v2/team-a/%2e%2e/team-b/secret/tags/list',
      '/v2/team-a/..%2fteam-b/secret/tags/list',
      '/v2/team-a/..;/team-b/secret/tags/list',
      '/v2/team-a/app/../../team-b/secret/manifests/v1',
      '/v2//team-b/secret/tags/list',
      '//v2/team-b/secret/tags/list',
      '/v2/./team-b/secret/tags/list',
      '/v2/team-b//secret/tags/list',
      '/v2\\team-b\\secret\\tags\\list',
      '/v2/team-a\\..\\team-b/secret/tags/list',
      '/v2/team-a/%5c..%5cteam-b/secret/tags/list',
      '/v2/team-b/secret/tags/list/',
      '/v2/team-b/secret/manifests/v1/',
      '/v2/team-b/secret/tags/list?x=/v2/team-a/',
      '/v2/team-b/secret/tags/list;/v2/team-a/app/tags/list',
      '/v2/team-b/secret/tags/list%3F/v2/team-a/app/tags/list',
      '/v2/team-b/secret/manifests/%76%31',
      '/v2/team-b/secret/manifests/v1?from=team-a/app',
      '/v2/team-a/app/tags/list?from=team-b/secret',
      'http://localhost/v2/team-b/secret/tags/list',
      '/v2/team-b/secret/referrers/' + blob,
      '/V2/team-b/secret/tags/list',
      `/v2/team-a/app/blobs/${blob}`,
    ]

    it('reads nothing, by whatever path', async () => {
      for (const path of READS()) {
        for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'get']) {
          const answer = await attempt(path, { method }).catch((error: unknown) => error as Error)
          if (answer instanceof Error) continue
          assert.ok(
            answer.status >= 300 || (method === 'OPTIONS' && answer.status >= 400),
            `${method} ${path}: ${String(answer.status)} ${answer.body}`,
          )
          assert.doesNotMatch(answer.body, /canary|secret|team-b/, `${method} ${path}`)
          assert.doesNotMatch(JSON.stringify(answer.headers), /sha256:|"v1"/, `${method} ${path}`)
        }
      }
      await unharmed()
    })

    it('lists nothing of team-b, wherever it begins', async () => {
      for (const query of [
        '',
        '?n=1',
        '?n=1000',
        '?last=team-b',
        '?n=1&last=team-b%2Fa',
        '?last=',
      ]) {
        for (const path of ['/v2/_catalog', '/v2/%5Fcatalog', '/v2/team-b/../_catalog']) {
          const answer = await attempt(path + query)
          const all = answer.body + JSON.stringify(answer.headers)
          assert.doesNotMatch(all, /team-b/, path + query)
          // What Envoy does not make canonical is not the catalog.
          if (path === '/v2/_catalog') {
            assert.equal(answer.status, 200)
            assert.match(answer.body, /^\{"repositories":\[("team-a\/[^"]+",?)*\]\}$/)
          }
        }
      }
    })

    it('reads nothing by headers that name another path or method', async () => {
      const HEADERS: readonly Readonly<Record<string, string>>[] = [
        { 'x-original-url': '/v2/team-b/secret/tags/list' },
        { 'x-rewrite-url': '/v2/team-b/secret/tags/list' },
        { 'x-envoy-original-path': '/v2/team-b/secret/tags/list' },
        { 'x-forwarded-prefix': '/v2/team-b/secret' },
        { 'x-rauth-account': 'team-b', 'x-rauth-namespace': 'team-b' },
      ]
      for (const headers of HEADERS) {
        const own = await attempt('/v2/team-a/app/tags/list', { headers })
        assert.equal(own.status, 404, JSON.stringify(headers))
        const other = await attempt('/v2/team-b/secret/tags/list', { headers })
        assert.equal(other.status, 403, JSON.stringify(headers))
      }
      const overridden = await attempt(`/v2/team-a/app/manifests/v1`, {
        headers: { 'x-http-method-override': 'DELETE' },
      })
      assert.equal(overridden.status, 404)
    })

    it('changes and deletes nothing', async () => {
      const body = '{}'
      const json = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' }
      const answers = [
        await attempt('/v2/team-b/secret/manifests/evil', { method: 'PUT', body, headers: json }),
        await attempt('/v2/team-b/secret/manifests/v1', { method: 'DELETE' }),
        await attempt(`/v2/team-b/secret/manifests/${manifest}`, { method: 'DELETE' }),
        await attempt(`/v2/team-b/secret/blobs/${blob}`, { method: 'DELETE' }),
        await attempt('/v2/team-b/secret/blobs/uploads/', { method: 'POST' }),
      ]
      for (const { status, body: text } of answers) {
        assert.equal(status, 403, text)
        assert.match(text, /"code":"DENIED"/)
      }
      await unharmed()
    })

    it('mounts nothing by query', async () => {
      const QUERIES = [
        `mount=${blob}&fr%6Fm=team-b/secret`,
        `%6dount=${blob}&%66rom=team-b/secret`,
        `mount=${blob}&from=team-a/app&from=team-b/secret`,
        `mount=${blob}&from=%zz&from=team-b/secret`,
        `mount=${blob}&from=team-a/app;x&from=team-b/secret`,
        `mount=${blob};from=team-b/secret`,
        `mount=${blob}&From=team-b/secret`,
        `mount=${blob}&from=team-a/../team-b/secret`,
        `from=team-b/secret`,
      ]
      for (const query of QUERIES) {
        const answer = await attempt(`/v2/team-a/app/blobs/uploads/?${query}`, { method: 'POST' })
        assert.ok(answer.status >= 400, `${query}: ${String(answer.status)}`)
      }
      // What is legal and out of reach goes on as a plain upload, as does what names no source.
      const LEGAL = [
        `mount=${blob}&from=team-b/secret`,
        `from=team-b/secret&mount=${blob}`,
        `mount=${blob}&from=team-b%2Fsecret`,
        `mount=${blob}&from=team-b/secret&origin=docker.io`,
        `mount=${blob}`,
      ]
      for (const query of LEGAL) {
        const answer = await attempt(`/v2/team-a/app/blobs/uploads/?${query}`, { method: 'POST' })
        assert.equal(answer.status, 202, `${query}: ${answer.body}`)
      }
      await unharmed()
    })

    it('mounts nothing by a form body', async () => {
      const form = `mount=${blob}&from=team-b%2Fsecret`
      const multipart = ['mount', blob, 'from', 'team-b/secret']
        .reduce<string[]>((parts, text, i, all) => {
          if (i % 2 === 0) {
            parts.push(
              `--X\r\ncontent-disposition: form-data; name="${text}"\r\n\r\n${all[i + 1] ?? ''}\r\n`,
            )
          }
          return parts
        }, [])
        .concat('--X--\r\n')
        .join('')
      const BODIES: readonly (readonly [type: string, body: string])[] = [
        ['application/x-www-form-urlencoded', form],
        ['application/x-www-form-urlencoded; charset=utf-8', form],
        ['Application/X-WWW-Form-Urlencoded', form],
        ['application/octet-stream, application/x-www-form-urlencoded', form],
        ['multipart/form-data; boundary=X', multipart],
        ['multipart/mixed; boundary=X', multipart],
      ]
      for (const [type, body] of BODIES) {
        for (const query of ['', `?mount=${blob}&from=team-a/app`]) {
          const answer = await attempt(`/v2/team-a/app/blobs/uploads/${query}`, {
            method: 'POST',
            headers: { 'content-type': type },
            body,
          })
          assert.equal(answer.status, 415, `${type} ${query}`)
        }
      }
      const twice = await attempt('/v2/team-a/app/blobs/uploads/', {
        method: 'POST',
        headers: {
          'content-type': ['application/x-www-form-urlencoded', 'application/octet-stream'],
        },
        body: form,
      })
      assert.ok(twice.status >= 400)
      await unharmed()
    })

    it('is answered without a credential, or with two, or with a strange one, as with none', async () => {
      const AUTHORIZATIONS: readonly (readonly string[])[] = [
        [`Bearer ${token},Bearer ${token}`],
        [`Bearer ${token}`, `Bearer ${token}`],
        [`Bearer ${token} x`],
        [`Basic ${Buffer.from('team-a:x').toString('base64')}`],
        ['Bearer'],
        [`Bearer\t${token}`],
        [`Bearer ${token.slice(0, -2)}`],
        [`Bearer ${token}=`],
      ]
      for (const authorization of AUTHORIZATIONS) {
        const answer = await attempt('/v2/team-a/app/tags/list', { headers: { authorization } })
        assert.equal(answer.status, 401, authorization.join('|'))
        assert.match(answer.headers['www-authenticate'] ?? '', /^Bearer realm="/)
      }
      for (const query of [`token=${token}`, `access_token=${token}`]) {
        const answer = await ask(stack.entry, `/v2/?${query}`)
        assert.ok(answer.status >= 400, query)
      }
    })

    it('cannot use an upload of team-b', async () => {
      const own = await inside('/v2/team-b/secret/blobs/uploads/', { method: 'POST' })
      assert.equal(own.status, 202)
      const location = new URL(own.headers['location'] ?? '', 'http://localhost')
      const id = location.pathname.split('/').at(-1) ?? ''
      for (const repository of ['team-a/app', 'team-b/secret']) {
        for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
          const answer = await attempt(`/v2/${repository}/blobs/uploads/${id}${location.search}`, {
            method,
            ...(method === 'PATCH' ? { body: 'x' } : {}),
          })
          assert.ok(answer.status >= 400, `${method} ${repository}: ${String(answer.status)}`)
        }
      }
      const alive = await inside(`${location.pathname}${location.search}`)
      assert.equal(alive.status, 204, 'the upload of team-b was ended')
    })

    it('would have succeeded without the gateway: the same requests, past Envoy', async () => {
      const type = 'application/x-www-form-urlencoded'
      const mounted = await inside('/v2/control/app/blobs/uploads/', {
        method: 'POST',
        headers: { 'content-type': type },
        body: `mount=${blob}&from=team-b%2Fsecret`,
      })
      assert.equal(mounted.status, 201, 'the registry takes a mount from a form body')
      assert.equal((await inside(`/v2/control/app/blobs/${blob}`)).status, 200)
      const encoded = await inside('/v2/team-b%2Fsecret/tags/list')
      assert.match(encoded.body, /"team-b\/secret"/, 'the registry decodes paths')
      const first = await inside(
        `/v2/control/b/blobs/uploads/?from=%zz&from=team-b/secret&mount=${blob}`,
        {
          method: 'POST',
        },
      )
      assert.equal(first.status, 201, 'the registry drops a bad pair and takes the next')
    })

    it('has no quicker way to a blob of team-b than to upload it', async () => {
      // A digest is no proof of possession: what it names must be uploaded again.
      assert.ok(size > 0)
      assert.equal((await attempt(`/v2/team-a/app/blobs/${blob}`, { method: 'HEAD' })).status, 404)
    })
  })
}
