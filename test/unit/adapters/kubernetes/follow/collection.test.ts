import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  acceptOf,
  NAMESPACES,
  pathOf,
  secretsNamed,
  type Collection,
} from '../../../../../src/adapters/kubernetes/follow/collection.ts'

const LEASES: Collection = {
  ...{
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    resource: 'leases',
    namespace: 'rauth',
  },
}

const PATHS: readonly (readonly [collection: Collection, path: string])[] = [
  [NAMESPACES, '/api/v1/namespaces?limit=5'],
  [
    { ...NAMESPACES, labelSelector: 'a=b,!c' },
    '/api/v1/namespaces?labelSelector=a%3Db%2C%21c&limit=5',
  ],
  [secretsNamed('one'), '/api/v1/secrets?fieldSelector=metadata.name%3Done&limit=5'],
  [
    secretsNamed('one', { namespace: 'team-a', labelSelector: 'a' }),
    '/api/v1/namespaces/team-a/secrets?fieldSelector=metadata.name%3Done&labelSelector=a&limit=5',
  ],
  [LEASES, '/apis/coordination.k8s.io/v1/namespaces/rauth/leases?limit=5'],
]

describe('a collection', () => {
  for (const [collection, path] of PATHS) {
    it(`is at ${path}`, () => {
      assert.equal(pathOf(collection, { limit: '5' }), path)
    })
  }

  it('says whether the whole of its objects is wanted', () => {
    assert.equal(acceptOf(LEASES, 'list'), 'application/json')
    assert.equal(
      acceptOf(NAMESPACES, 'list'),
      'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
    )
    assert.equal(
      acceptOf(NAMESPACES, 'watch'),
      'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    )
  })
})
