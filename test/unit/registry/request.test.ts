import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Reason } from '../../../src/refusal.ts'
import { isRepositoryName } from '../../../src/registry/repository-name.ts'
import { readRequest, type RegistryRequest } from '../../../src/registry/request.ts'
import { formatScope } from '../../../src/registry/scope.ts'

const HEX = '0123456789abcdef'.repeat(4)
const DIGEST = `sha256:${HEX}`
const UUID = '550e8400-e29b-41d4-a716-446655440000'

type Body = Pick<RegistryRequest, 'contentType' | 'contentLength'>

/** `METHOD target` → the scope that it needs. */
function scopeOf(line: string, body: Body = {}): string {
  const result = readRequest(request(line, body))
  assert.ok(result.ok, `${line}: ${JSON.stringify(result)}`)
  return formatScope(result.value.required)
}

function reasonOf(line: string, body: Body = {}): Reason | undefined {
  const result = readRequest(request(line, body))
  return result.ok ? undefined : result.refusal.reason
}

function request(line: string, body: Body): RegistryRequest {
  const space = line.indexOf(' ')
  return { method: line.slice(0, space), target: line.slice(space + 1), ...body }
}

describe('readRequest, of tags', () => {
  const CASES: readonly (readonly [line: string, tags: readonly string[] | undefined, unknown])[] =
    [
      ['GET /v2/a/b/manifests/v1', ['v1'], undefined],
      ['PUT /v2/a/b/manifests/v1', ['v1'], { repository: 'a/b', action: 'push' }],
      ['DELETE /v2/a/b/manifests/v1', ['v1'], { repository: 'a/b', action: 'delete' }],
      [`GET /v2/a/b/manifests/${DIGEST}`, [], undefined],
      [
        `PUT /v2/a/b/manifests/sha256%3a${HEX}?tag=v1&tag=%76%32`,
        ...([['v1', 'v2'], { repository: 'a/b', action: 'push', digest: DIGEST }] as const),
      ],
      [`DELETE /v2/a/b/manifests/${DIGEST}`, undefined, { repository: 'a/b', action: 'delete' }],
      [`DELETE /v2/a/b/blobs/${DIGEST}`, undefined, { repository: 'a/b', action: 'delete' }],
      [`GET /v2/a/b/blobs/${DIGEST}`, [], undefined],
      [`PUT /v2/a/b/blobs/uploads/${UUID}?digest=${DIGEST}`, [], undefined],
      [`DELETE /v2/a/b/blobs/uploads/${UUID}`, [], undefined],
      ['GET /v2/a/b/tags/list', [], undefined],
      ['GET /v2/_catalog', [], undefined],
      ['GET /v2/', [], undefined],
    ]
  for (const [line, tags, change] of CASES) {
    it(`${line.slice(0, 60)} names ${JSON.stringify(tags)}`, () => {
      const result = readRequest(request(line, {}))
      assert.ok(result.ok, JSON.stringify(result))
      assert.deepEqual(result.value.tags, tags)
      assert.deepEqual(result.value.change, change)
    })
  }
})

const REQUIRED: readonly (readonly [line: string, scope: string])[] = [
  ['GET /v2', ''],
  ['GET /v2/', ''],
  ['HEAD /v2/', ''],
  ['GET /v2/?ns=docker.io', ''],
  ['GET /v2/_catalog', 'registry:catalog:*'],
  ['HEAD /v2/_catalog', 'registry:catalog:*'],
  ['GET /v2/_catalog?n=100&last=a/b', 'registry:catalog:*'],
  ['GET /v2/a/b/tags/list', 'repository:a/b:pull'],
  ['HEAD /v2/a/b/tags/list?n=10&last=v1', 'repository:a/b:pull'],
  ['GET /v2/a/b/manifests/v1', 'repository:a/b:pull'],
  ['HEAD /v2/a/b/manifests/v1?ns=docker.io', 'repository:a/b:pull'],
  [`GET /v2/a/b/manifests/${DIGEST}`, 'repository:a/b:pull'],
  [`GET /v2/a/b/manifests/sha256%3A${HEX}`, 'repository:a/b:pull'],
  ['PUT /v2/a/b/manifests/v1', 'repository:a/b:pull,push'],
  [`PUT /v2/a/b/manifests/${DIGEST}?tag=1.2.3`, 'repository:a/b:pull,push'],
  [
    `PUT /v2/a/b/manifests/${DIGEST}?${Array.from({ length: 16 }, (_, i) => `tag=v${i}`).join('&')}`,
    'repository:a/b:pull,push',
  ],
  ['DELETE /v2/a/b/manifests/v1', 'repository:a/b:delete'],
  [`GET /v2/a/b/blobs/${DIGEST}`, 'repository:a/b:pull'],
  [`HEAD /v2/a/b/blobs/${DIGEST}?ns=docker.io`, 'repository:a/b:pull'],
  [`DELETE /v2/a/b/blobs/${DIGEST}`, 'repository:a/b:delete'],
  [`GET /v2/a/b/referrers/${DIGEST}`, 'repository:a/b:pull'],
  [`GET /v2/a/b/referrers/${DIGEST}?artifactType=application/spdx%2Bjson`, 'repository:a/b:pull'],
  ['POST /v2/a/b/blobs/uploads/', 'repository:a/b:pull,push'],
  [`POST /v2/a/b/blobs/uploads/?digest=${DIGEST}`, 'repository:a/b:pull,push'],
  ['POST /v2/a/b/blobs/uploads/?digest-algorithm=sha512', 'repository:a/b:pull,push'],
  [
    `POST /v2/a/b/blobs/uploads/?mount=${DIGEST}&from=a/c`,
    'repository:a/b:pull,push repository:a/c:pull',
  ],
  [
    `POST /v2/a/b/blobs/uploads/?from=x%2Fy&mount=sha256%3A${HEX}&origin=localhost`,
    'repository:a/b:pull,push repository:x/y:pull',
  ],
  [`POST /v2/a/b/blobs/uploads/?mount=${DIGEST}`, 'repository:a/b:pull,push'],
  [`GET /v2/a/b/blobs/uploads/${UUID}?_state=x&digest=${DIGEST}`, 'repository:a/b:pull'],
  [`POST /v2/a/b/blobs/uploads/?mount=${DIGEST}&from=a/b`, 'repository:a/b:pull,push'],
  [`GET /v2/a/b/blobs/uploads/${UUID}`, 'repository:a/b:pull'],
  [`PATCH /v2/a/b/blobs/uploads/${UUID}?_state=AbC-_%3D%3D`, 'repository:a/b:pull,push'],
  [`PUT /v2/a/b/blobs/uploads/${UUID}?_state=AbC-_==&digest=${DIGEST}`, 'repository:a/b:pull,push'],
  [`DELETE /v2/a/b/blobs/uploads/${UUID}?_state=x`, 'repository:a/b:pull,push'],
  [`PUT /v2/a/b/blobs/uploads/${UUID}?state=x&_nouploadcache=false`, 'repository:a/b:pull,push'],
  ['GET /v2/a/manifests/b/tags/list', 'repository:a/manifests/b:pull'],
  ['PUT /v2/a/x/blobs/uploads/manifests/v1', 'repository:a/x/blobs/uploads:pull,push'],
  ['DELETE /v2/a/tags/list/manifests/list', 'repository:a/tags/list:delete'],
  ['GET /v2/v2/manifests/v1', 'repository:v2:pull'],
  ['GET /v2/single/manifests/v1', 'repository:single:pull'],
]

const PATHS: readonly (readonly [reason: Reason, paths: readonly string[]])[] = [
  [
    'path_invalid',
    [
      '',
      '*',
      'v2/',
      '/v2/ns-b%2Fsecret/tags/list',
      '/v2/%6es-b/secret/tags/list',
      '/v2/%5Fcatalog',
      '/%76%32/ns-b/tags/list',
      '/v2/a/tags%2flist',
      '/v2/a/manifests/%76%31',
      '/v2//ns/tags/list',
      '/v2//',
      '/v2/a//tags/list',
      '/v2/ns-a/../ns-b/tags/list',
      '/v2/ns-a/%2e%2e/ns-b/tags/list',
      '/v2/./ns-b/tags/list',
      '/v2/..',
      '/v2/ns-a/..;/ns-b/tags/list',
      '/v2/ns-b/tags/list;a=b',
      '/v2\\ns-b\\tags\\list',
      '/v2/ns-a\\..\\ns-b/tags/list',
      '/v2/a%5Cb/tags/list',
      '/v2/a/tags/list%00',
      '/v2/a%c0%ae/tags/list',
      '/v2/a%252Fb/tags/list',
      '/v2/a/tags/list%3Fx',
      '/v2/a/tags/list#frag',
      '/v2/é/tags/list',
      '/v2/a\x80/tags/list',
      '/v2/a b/tags/list',
      '/v2/a\0/tags/list',
      '/v2/a\n/tags/list',
      '/v2/[::1]:5000/a/tags/list',
      '/v2/a/blobs/uploads/id==',
      `/v2/a%3Ab/blobs/${DIGEST}`,
      `/v2/a/manifests/sha256%3A%3A${HEX}`,
      'http://evil/v2/a/tags/list',
      `/v2/${'a/'.repeat(4100)}tags/list`,
    ],
  ],
  [
    'reference_invalid',
    [
      '/v2/a/blobs/uploads',
      '/v2/a/blobs/sha256:abc',
      '/v2/a/manifests/sha256:abc',
      '/v2/a/manifests/sha256:baddigeststring',
      '/v2/a/manifests/v%3A',
      `/v2/a/manifests/${'v'.repeat(129)}`,
      '/v2/a/referrers/v1',
    ],
  ],
  [
    'route_unknown',
    [
      '/',
      '//v2/a/tags/list',
      '/v1/_ping',
      '/V2/',
      '/v2x/a/tags/list',
      '/v2/_catalog/',
      '/v2/a/manifests/v1/',
      '/v2/a/tags/list/',
      '/v2/a/Manifests/v1',
      '/v2/tags/list',
      '/v2/blobs/uploads/',
      '/v2/a/_catalog',
      '/token',
      '/metrics',
      '/debug/vars',
    ],
  ],
  [
    'name_invalid',
    [
      '/v2/NS-B/tags/list',
      '/v2/Host:5000/a/tags/list',
      '/v2/team-b:80/a/tags/list',
      '/v2/_catalog/tags/list',
      '/v2/a/_catalog/tags/list',
      '/v2/a_/tags/list',
      '/v2/.../tags/list',
      `/v2/${'a'.repeat(256)}/tags/list`,
    ],
  ],
]

describe('readRequest: access', () => {
  for (const [line, scope] of REQUIRED) {
    it(`${line.slice(0, 70)} needs ${scope === '' ? 'no access' : scope}`, () => {
      assert.equal(scopeOf(line), scope)
    })
  }
})

describe('readRequest: paths', () => {
  for (const [reason, paths] of PATHS) {
    for (const path of paths) {
      it(`${JSON.stringify(path.slice(0, 50))} is ${reason}`, () => {
        for (const method of ['GET', 'POST', 'DELETE', 'get']) {
          assert.equal(reasonOf(`${method} ${path}`), reason)
        }
      })
    }
  }

  it('never repeats what it was asked', () => {
    for (const target of ['/v2/CANARY/tags/list', '/v2/a/tags/list?canary=1', '/canary/%zz']) {
      assert.doesNotMatch(JSON.stringify(readRequest({ method: 'GET', target })), /canary/i)
    }
  })
})

describe('readRequest: methods', () => {
  const TAKEN: readonly (readonly [path: string, methods: string])[] = [
    ['/v2/', 'GET HEAD'],
    ['/v2/_catalog', 'GET HEAD'],
    ['/v2/a/tags/list', 'GET HEAD'],
    ['/v2/a/manifests/v1', 'GET HEAD PUT DELETE'],
    [`/v2/a/blobs/${DIGEST}`, 'GET HEAD DELETE'],
    [`/v2/a/referrers/${DIGEST}`, 'GET HEAD'],
    ['/v2/a/blobs/uploads/', 'POST'],
    [`/v2/a/blobs/uploads/${UUID}`, 'GET HEAD PUT PATCH DELETE'],
  ]
  const METHODS = 'GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT get Post PROPFIND __proto__'

  for (const [path, taken] of TAKEN) {
    it(`${path.slice(0, 40)} takes ${taken}`, () => {
      for (const method of METHODS.split(' ')) {
        const wanted = taken.split(' ').includes(method) ? undefined : 'method_unsupported'
        assert.equal(reasonOf(`${method} ${path}`), wanted, method)
      }
      assert.equal(reasonOf(` ${path}`), 'method_unsupported')
    })
  }
})

describe('readRequest: queries', () => {
  const uploads = (query: string) => `POST /v2/a/b/blobs/uploads/?${query}`
  const REFUSED: readonly (readonly [line: string, reason?: Reason])[] = [
    [uploads('from=a/c')],
    [uploads(`mount=${DIGEST}&from=a/c&from=x/y`)],
    [uploads(`mount=${DIGEST}&from=a/c&fro%6d=x/y`)],
    [uploads(`mount=${DIGEST}&from=%zz&from=x/y`)],
    [uploads(`mount=${DIGEST}&from=a/c;x&from=x/y`)],
    [uploads(`mount=${DIGEST};from=x/y`)],
    [uploads(`mount=${DIGEST}&From=x/y`)],
    [uploads(`mount=${DIGEST}&from=a/c&From=x/y`)],
    [uploads(`mount=${DIGEST}&from=a/c&x=y`)],
    [uploads('_method=DELETE')],
    [uploads('_state=x')],
    [uploads(`mount=${DIGEST}&from=`), 'name_invalid'],
    [uploads(`mount=${DIGEST}&from=a/../x/y`), 'name_invalid'],
    [uploads(`mount=${DIGEST}&from=host:5000/x/y`), 'name_invalid'],
    [uploads(`mount=${DIGEST}&from=X/y`), 'name_invalid'],
    [uploads(`mount=${DIGEST}&from=x/y%20`), 'name_invalid'],
    [`PATCH /v2/a/b/blobs/uploads/${UUID}?mount=${DIGEST}&from=x/y`],
    [`PUT /v2/a/b/blobs/uploads/${UUID}?digest=${DIGEST}&from=x/y`],
    [`GET /v2/a/b/blobs/uploads/${UUID}?from=x/y`],
    [`PATCH /v2/a/b/blobs/uploads/${UUID}?state=x&From=x/y`],
    [`PATCH /v2/a/b/blobs/uploads/${UUID}?MOUNT=${DIGEST}`],
    [`PATCH /v2/a/b/blobs/uploads/${UUID}?access_token=x`],
    [`PATCH /v2/a/b/blobs/uploads/${UUID}?artifactType=x`],
    [`PATCH /v2/a/b/blobs/uploads/${UUID}?_method=DELETE`],
    [`PATCH /v2/a/b/blobs/uploads/${UUID}?x[from]=x/y`],
    [`PATCH /v2/a/b/blobs/uploads/${UUID}?x.from=x/y`],
    [`PATCH /v2/a/b/blobs/uploads/${UUID}?${'x'.repeat(65)}=1`],
    ['GET /v2/a/b/tags/list?from=x/y'],
    ['GET /v2/a/b/tags/list?token=x'],
    ['GET /v2/a/b/tags/list?access_token=x'],
    ['GET /v2/a/b/tags/list?n=1&n=2'],
    ['GET /v2/a/b/tags/list?n=%'],
    ['GET /v2/a/b/manifests/v1?from=x/y'],
    ['PUT /v2/a/b/manifests/v1?from=x/y'],
    ['PUT /v2/a/b/manifests/v1?ns=docker.io'],
    ['PUT /v2/a/b/manifests/v1?tag=v2'],
    [`PUT /v2/a/b/manifests/${DIGEST}?tag=`],
    [`PUT /v2/a/b/manifests/${DIGEST}?tag=v1&tag=../v2`],
    [`PUT /v2/a/b/manifests/${DIGEST}?tag=v1&tag=${'v'.repeat(129)}`],
    [`PUT /v2/a/b/manifests/${DIGEST}?tag=v1&from=x/y`],
    [`GET /v2/a/b/manifests/${DIGEST}?tag=v1`],
    [`DELETE /v2/a/b/manifests/${DIGEST}?tag=v1`],
    ['DELETE /v2/a/b/manifests/v1?ns=docker.io'],
    ['GET /v2/_catalog?last=%00'],
    ['GET /v2/_catalog?x=1'],
    ['GET /v2/?from=x/y'],
    ['GET /v2/a/b/tags/list?__proto__=x'],
    ['GET /v2/a/b/tags/list?n=1?last=a&x'],
  ]
  for (const [line, reason = 'query_invalid'] of REFUSED) {
    it(`${line.slice(0, 140)} is ${reason}`, () => {
      assert.equal(reasonOf(line), reason)
    })
  }

  it('takes an empty query as none', () => {
    assert.equal(scopeOf('GET /v2/a/b/tags/list?'), 'repository:a/b:pull')
  })
})

describe('readRequest: bodies', () => {
  const START = 'POST /v2/a/b/blobs/uploads/'
  const UPLOADS = [
    START,
    `PATCH /v2/a/b/blobs/uploads/${UUID}`,
    `PUT /v2/a/b/blobs/uploads/${UUID}?digest=${DIGEST}`,
  ]
  const MANIFEST = 'PUT /v2/a/b/manifests/v1'

  /** Media types, and whether each is let through: to uploads, to empty uploads, to manifests. */
  const TYPES: readonly (readonly [type: string, body: boolean, empty: boolean, put: boolean])[] = [
    ['application/octet-stream', true, true, true],
    ['application/json', true, true, true],
    ['Application/Octet-Stream', true, true, true],
    [' application/octet-stream ', true, true, true],
    ['application/octet-stream\u00a0', false, false, false],
    ['application/vnd.oci.image.manifest.v1+json', false, true, true],
    ['application/vnd.acme.platform.v1+json', false, true, true],
    ['application/json; charset=utf-8', false, true, true],
    ['text/plain', false, true, true],
    ['', false, true, true],
    ['application/octet-stream, application/octet-stream', false, true, true],
    ['application/octet-stream;a=b', false, true, true],
    ['application/x-www-form-urlencoded', false, false, false],
    ['Application/X-WWW-Form-Urlencoded', false, false, false],
    ['application/x-www-form-urlencoded; charset=utf-8', false, false, false],
    [' application/x-www-form-urlencoded', false, false, false],
    ['application/octet-stream,application/x-www-form-urlencoded', false, false, false],
    ['application/x-www-form-urlencoded,application/octet-stream', false, false, false],
    ['multipart/form-data; boundary=X', false, false, false],
    ['MultiPart/Form-Data;boundary="X"', false, false, false],
    ['multipart/mixed; boundary=X', false, false, false],
    ['mult\u0130part/form-data; boundary=X', false, false, false],
    ['appl\u0130cation/x-www-form-urlencoded', false, false, false],
    ['\u00a0application/x-www-form-urlencoded', false, false, false],
    ['application/\u017fomething', false, false, false],
  ]

  const verdict = (taken: boolean) => (taken ? undefined : 'body_type_unsupported')

  for (const [contentType, body, empty, put] of TYPES) {
    it(JSON.stringify(contentType), () => {
      for (const line of UPLOADS) {
        assert.equal(reasonOf(line, { contentType }), verdict(body), 'length unknown')
        for (const contentLength of ['5', '00', ' 0', '0,0', '0,5', '-0', '']) {
          assert.equal(reasonOf(line, { contentType, contentLength }), verdict(body), contentLength)
        }
        assert.equal(reasonOf(line, { contentType, contentLength: '0' }), verdict(empty))
      }
      assert.equal(reasonOf(MANIFEST, { contentType }), verdict(put))
      assert.equal(reasonOf(MANIFEST, { contentType, contentLength: '0' }), verdict(put))
      assert.equal(reasonOf('GET /v2/a/b/manifests/v1', { contentType }), undefined)
    })
  }

  it('takes a body without a type as bytes', () => {
    for (const line of UPLOADS) assert.equal(reasonOf(line, { contentLength: '5' }), undefined)
  })

  it('refuses a form beside a harmless mount in the query', () => {
    const line = `${START}?mount=${DIGEST}&from=a/c`
    const contentType = 'application/x-www-form-urlencoded'
    assert.equal(reasonOf(line, { contentType, contentLength: '9' }), 'body_type_unsupported')
  })
})

describe('readRequest: any path', () => {
  const ENDING =
    /^(?:tags\/list|manifests\/[^/]+|blobs\/[^/]+|blobs\/uploads\/[^/]*|referrers\/[^/]+)$/
  const KEYWORDS = 'manifests tags list blobs uploads referrers _catalog v2 team-a team-b a.b v1'
  const ODD = [
    '',
    '.',
    '..',
    'A',
    'a_',
    'a:80',
    '%2e',
    'id==',
    DIGEST,
    `sha256%3A${HEX}`,
    'sha256:',
  ]
  const segment = fc.constantFrom(...KEYWORDS.split(' '), ...ODD)
  const ending = fc.constantFrom(
    ['tags', 'list'],
    ['manifests', 'v1'],
    ['manifests', DIGEST],
    ['blobs', `sha256%3A${HEX}`],
    ['blobs', 'uploads', ''],
    ['blobs', 'uploads', UUID],
    ['referrers', DIGEST],
  )

  it('that is accepted is its name and one ending, letter for letter', () => {
    let accepted = 0
    fc.assert(
      fc.property(
        fc.array(segment, { maxLength: 5 }),
        fc.option(ending, { nil: [] }),
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
        (front, back, method) => {
          const path = `/v2/${[...front, ...back].join('/')}`
          const result = readRequest({ method, target: path })
          if (!result.ok) return
          const [needed, ...others] = result.value.required
          if (needed?.type !== 'repository') {
            assert.ok(path === '/v2/' || path === '/v2/_catalog')
            return
          }
          accepted += 1
          assert.deepEqual(others, [])
          assert.ok(isRepositoryName(needed.name))
          const rest = path.slice(`/v2/${needed.name}/`.length)
          assert.match(rest, ENDING)
          assert.equal(`/v2/${needed.name}/${rest}`, path)
        },
      ),
      { numRuns: 5_000 },
    )
    assert.ok(accepted > 100, `only ${accepted} accepted`)
  })

  it('of a good name and ending is accepted, whatever the name holds', () => {
    const component = fc.oneof(
      fc.constantFrom('manifests', 'tags', 'list', 'blobs', 'uploads', 'referrers', 'v2'),
      fc.stringMatching(/^[a-z0-9]{1,6}((\.|_|__|-{1,3})[a-z0-9]{1,6}){0,2}$/),
    )
    fc.assert(
      fc.property(fc.array(component, { minLength: 1, maxLength: 6 }), ending, (parts, back) => {
        const name = parts.join('/')
        const method = back.at(-1) === '' ? 'POST' : 'GET'
        const result = readRequest({ method, target: `/v2/${[name, ...back].join('/')}` })
        assert.equal(result.ok ? result.value.required[0]?.name : result.refusal.reason, name)
      }),
      { numRuns: 2_000 },
    )
  })

  it('and any bytes are answered, not thrown at', () => {
    const bytes = fc.record({
      method: fc.string({ maxLength: 8 }),
      target: fc.string({ unit: 'binary', maxLength: 60 }).map((text) => `/v2/${text}`),
      contentType: fc.string({ unit: 'binary', maxLength: 20 }),
    })
    fc.assert(
      fc.property(bytes, (one) => {
        assert.equal(typeof readRequest(one).ok, 'boolean')
      }),
    )
  })

  it('is judged without backtracking, however long', () => {
    for (const unit of ['a', '-', 'a-', 'a/', '_', 'tags/list/', 'a..', '%3A', 'sha256+']) {
      for (const end of ['/tags/list', `/manifests/${DIGEST}!`, '?n=%4'.repeat(9)]) {
        const target = `/v2/${unit.repeat(8000 / unit.length)}${end}`
        assert.equal(readRequest({ method: 'GET', target }).ok, false)
      }
    }
  })
})
