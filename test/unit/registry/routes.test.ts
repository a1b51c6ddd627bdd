import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  entryFor,
  matchEnding,
  routeName,
  ROUTES,
  takesParameter,
  type RouteKind,
} from '../../../src/registry/routes.ts'

const HEX = '0123456789abcdef'.repeat(4)

/** The part below `/v2/` → route and name; names that hold the keywords of other routes first. */
const ENDINGS: readonly (readonly [path: string, kind: RouteKind, name: string])[] = [
  ['a/manifests/b/tags/list', 'tags', 'a/manifests/b'],
  ['a/blobs/uploads/manifests/tags', 'tag', 'a/blobs/uploads'],
  ['a/tags/list/manifests/list', 'tag', 'a/tags/list'],
  ['manifests/tags/list', 'tags', 'manifests'],
  ['tags/tags/list', 'tags', 'tags'],
  ['list/tags/list', 'tags', 'list'],
  ['tags/list/tags/list', 'tags', 'tags/list'],
  ['a/x/blobs/uploads/manifests/v1', 'tag', 'a/x/blobs/uploads'],
  ['manifests/manifests/manifests', 'tag', 'manifests'],
  ['a/manifests/manifests', 'tag', 'a'],
  ['a/manifests/blobs/uploads/', 'uploads', 'a/manifests'],
  ['a/blobs/uploads/blobs/uploads/', 'uploads', 'a/blobs/uploads'],
  ['a/blobs/uploads/blobs/uploads/uploads', 'upload', 'a/blobs/uploads'],
  ['blobs/blobs/uploads/', 'uploads', 'blobs'],
  ['a/blobs/uploads/list', 'upload', 'a'],
  ['a/blobs/uploads/tags/list', 'tags', 'a/blobs/uploads'],
  [`a/blobs/uploads/blobs/sha256:${HEX}`, 'blob', 'a/blobs/uploads'],
  [`a/referrers/blobs/sha256:${HEX}`, 'blob', 'a/referrers'],
  [`a/blobs/referrers/sha256:${HEX}`, 'referrers', 'a/blobs'],
  [`a/manifests/sha256:${HEX}`, 'manifest', 'a'],
  [`a/manifests/sha256%3A${HEX}`, 'manifest', 'a'],
  [`a/blobs/sha256%3a${HEX}`, 'blob', 'a'],
  [`a/blobs/sha512:${HEX}${HEX}`, 'blob', 'a'],
  [`a/blobs/sha256+b64u:${HEX}`, 'blob', 'a'],
  ['a/manifests/V1.0_x-y', 'tag', 'a'],
  ['a/manifests/_', 'tag', 'a'],
  [`a/manifests/${'v'.repeat(128)}`, 'tag', 'a'],
  ['a/blobs/uploads/550e8400-e29b-41d4-a716-446655440000', 'upload', 'a'],
  [`a/blobs/uploads/${'u'.repeat(128)}`, 'upload', 'a'],
]

const NO_ROUTE: readonly string[] = [
  '',
  'a',
  'a/b',
  'tags/list',
  'manifests/v1',
  'blobs/uploads/',
  'blobs/uploads/id',
  `blobs/sha256:${HEX}`,
  'a/tags',
  'a/tags/',
  'a/tags/list/',
  'a/tags/list/x',
  'a/Tags/list',
  'a/Manifests/v1',
  'a/manifests',
  'a/manifests/',
  'a/manifests/v1/',
  'a/manifests/.v1',
  'a/manifests/-v1',
  'a/manifests/v:1',
  `a/manifests/${'v'.repeat(129)}`,
  'a/manifests/sha256:abc',
  `a/manifests/sha256:${HEX}:`,
  `a/manifests/sha256%3A%3A${HEX}`,
  `a/manifests/sha256:${'z'.repeat(64)}`,
  `a/manifests/:${HEX}`,
  'a/manifests/v%3A1',
  'a/blobs/v1',
  'a/blobs/uploads',
  'a/blobs/uploads/id/',
  'a/blobs/uploads/id==',
  'a/blobs/uploads/.',
  'a/blobs/uploads/..',
  'a/blobs/uploads/a:b',
  `a/blobs/uploads/${'u'.repeat(129)}`,
  'a/referrers/v1',
  'a/_catalog',
  'v2/_catalog',
]

describe('matchEnding', () => {
  for (const [path, kind, name] of ENDINGS) {
    it(`${path.slice(0, 60)} is ${kind} of ${name}`, () => {
      const segments = path.split('/')
      const match = matchEnding(segments)
      assert.equal(match?.kind, kind)
      assert.equal(segments.slice(0, match.nameLength).join('/'), name)
    })
  }

  for (const path of NO_ROUTE) {
    it(`${JSON.stringify(path.slice(0, 60))} is no route`, () => {
      assert.equal(matchEnding(path.split('/')), undefined)
    })
  }
})

describe('the route table', () => {
  it('takes from and mount in one place only', () => {
    const places = Object.entries(ROUTES).flatMap(([kind, { query }]) =>
      Object.entries(query).flatMap(([method, keys]) =>
        keys.includes('from') || keys.includes('mount') ? [`${method} ${kind}`] : [],
      ),
    )
    assert.deepEqual(places, ['POST uploads'])
  })

  it('has query parameters only for methods that it has', () => {
    for (const { methods, query } of Object.values(ROUTES)) {
      for (const method of Object.keys(query)) assert.ok(Object.hasOwn(methods, method))
    }
  })

  it('says of each route that takes a body which bodies', () => {
    for (const [kind, { methods, body }] of Object.entries(ROUTES)) {
      const takes = ['POST', 'PUT', 'PATCH'].some((method) => Object.hasOwn(methods, method))
      assert.equal(body !== 'none', takes, kind)
    }
  })

  it('answers HEAD as GET', () => {
    for (const { methods, query } of Object.values(ROUTES)) {
      assert.deepEqual(methods.HEAD, methods.GET)
      assert.deepEqual(query.HEAD, query.GET)
    }
  })

  it('gives every method of a row a name, and reads none of what writes', () => {
    const names = Object.entries(ROUTES).flatMap(([kind, { methods }]) =>
      Object.keys(methods).map((method) => [method, routeName(kind as RouteKind, method)]),
    )
    const namesOf = (...wanted: readonly string[]) => [
      ...new Set(names.flatMap(([method = '', name]) => (wanted.includes(method) ? name : []))),
    ]
    const reads = ['ping', 'catalog', 'tags', 'manifest_read', 'blob_read', 'referrers', 'upload']
    assert.deepEqual(namesOf('GET', 'HEAD'), reads)
    assert.deepEqual(namesOf('PUT', 'POST', 'PATCH'), ['manifest_write', 'upload'])
    assert.deepEqual(namesOf('DELETE'), ['manifest_delete', 'blob_delete', 'upload'])
  })
})

describe('entryFor', () => {
  it('knows methods in upper case and nothing that every object has', () => {
    const { methods } = ROUTES.manifest
    assert.deepEqual(entryFor(methods, 'DELETE'), ['delete'])
    for (const method of ['delete', 'Get', 'POST', 'constructor', '__proto__', 'toString', '']) {
      assert.equal(entryFor(methods, method), undefined, method)
    }
  })
})

describe('takesParameter', () => {
  const { upload, ...others } = ROUTES
  const own = upload.query.PATCH ?? []
  const names = Object.values(others).flatMap(({ query }) => Object.values(query).flat())

  it('takes nothing on an upload session that another route takes, however it is written', () => {
    assert.ok(names.includes('artifactType'))
    for (const name of names) {
      const spellings = [
        name.toLowerCase(),
        name.toUpperCase(),
        name.replace(/^./, (c) => c.toUpperCase()),
      ]
      for (const spelled of [name, ...spellings]) {
        if (!own.includes(spelled))
          assert.equal(takesParameter(upload, 'PATCH', spelled), false, spelled)
      }
    }
    assert.equal(takesParameter(upload, 'PATCH', '_state'), true)
  })
})
