import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  NAMESPACES,
  secretsNamed,
  typeOf,
} from '../../../../../src/adapters/kubernetes/follow/collection.ts'
import {
  readEventBeginning,
  readPageBeginning,
} from '../../../../../src/adapters/kubernetes/follow/too-long.ts'

/** As the API server writes them; what stands behind is cut off anywhere. */
const WHO =
  '"name":"registry-credentials","namespace":"team-a","uid":"6c4f","resourceVersion":"105",' +
  '"creationTimestamp":"2026-11-29T22:00:00Z",'
const SECRET = typeOf(secretsNamed('registry-credentials'))
const REST = '"labels":{"namespace":"team-b","uid":"other"},"managedFields":[{"manager":"ku'

const object = {
  ...{ apiVersion: 'v1', kind: 'Secret' },
  metadata: {
    ...{ name: 'registry-credentials', namespace: 'team-a', uid: '6c4f', resourceVersion: '105' },
    creationTimestamp: '2026-11-29T22:00:00Z',
  },
}

const event = (type: string, metadata = WHO + REST) =>
  `{"type":"${type}","object":{"kind":"Secret","apiVersion":"v1","metadata":{${metadata}`

const page = (list: string, metadata = WHO + REST) =>
  `{"kind":"SecretList","apiVersion":"v1","metadata":{${list}},"items":[{"metadata":{${metadata}`

describe('readEventBeginning', () => {
  for (const [type, gone] of [
    ['ADDED', false],
    ['MODIFIED', false],
    ['DELETED', true],
  ] as const) {
    it(`tells whose Secret it is: ${type}`, () => {
      assert.deepEqual(readEventBeginning(event(type), SECRET), { gone, object })
      assert.deepEqual(readEventBeginning(event(type, `${WHO.slice(0, -1)}},"data":{`), SECRET), {
        ...{ gone, object },
      })
    })
  }

  const NONE: readonly (readonly [what: string, text: string])[] = [
    ['nothing', ''],
    ['another text', 'x'.repeat(4096)],
    ['a bookmark', event('BOOKMARK')],
    ['another kind', event('ADDED').replace('"Secret"', '"ConfigMap"')],
    ['a cut within its name', event('ADDED', WHO.slice(0, 20))],
    ['a cut within its version', event('ADDED', WHO.slice(0, 85))],
    ['no version', event('ADDED', WHO.replace('"resourceVersion":"105",', '') + REST)],
    ['labels first', event('ADDED', '"labels":{"uid":"x"},' + WHO)],
    ['an escape', event('ADDED', WHO.replace('team-a', 'team-\\u0061'))],
  ]
  for (const [what, text] of NONE) {
    it(`does not guess: ${what}`, () => {
      assert.equal(readEventBeginning(text, SECRET), undefined)
    })
  }
})

interface ListCase {
  readonly text: string
  readonly metadata: object
}

describe('readPageBeginning', () => {
  const LISTS: readonly [ListCase, ...ListCase[]] = [
    { text: '"resourceVersion":"105"', metadata: { resourceVersion: '105' } },
    {
      text: '"resourceVersion":"105","continue":"eyJ2In0"',
      metadata: { resourceVersion: '105', continue: 'eyJ2In0' },
    },
    {
      text: '"resourceVersion":"105","continue":"eyJ2In0","remainingItemCount":3',
      metadata: { resourceVersion: '105', continue: 'eyJ2In0' },
    },
  ]
  for (const { text, metadata } of LISTS) {
    it(`tells whose Secret it is and where the list goes on: ${text}`, () => {
      assert.deepEqual(readPageBeginning(page(text), SECRET), { metadata, object })
    })
  }

  it('does not guess', () => {
    const [{ text }] = LISTS
    const none = [
      ...['', page(text).slice(0, 60), page(text, REST), page(`${text},"more":{}`)],
      page(text).replace('SecretList', 'ConfigMapList'),
    ]
    for (const one of none) assert.equal(readPageBeginning(one, SECRET), undefined, one)
  })
})

describe('metadata alone, of what is in no namespace', () => {
  const type = '"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1"'
  const metadata = { name: 'team-a', uid: '6c4f', resourceVersion: '105' }
  const who = JSON.stringify(metadata).slice(0, -1)
  const namespace = { ...typeOf(NAMESPACES), metadata }

  it('is known by an event', () => {
    const text = `{"type":"ADDED","object":{${type},"metadata":${who},${REST}`
    assert.deepEqual(readEventBeginning(text, typeOf(NAMESPACES)), {
      ...{ gone: false, object: namespace },
    })
    assert.equal(readEventBeginning(text, SECRET), undefined)
  })

  it('is known by a list, where each says what it is', () => {
    const text =
      `{${type.replace('Metadata', 'MetadataList')},"metadata":{"resourceVersion":"105"},` +
      `"items":[{${type},"metadata":${who},${REST}`
    assert.deepEqual(readPageBeginning(text, typeOf(NAMESPACES)), {
      ...{ metadata: { resourceVersion: '105' }, object: namespace },
    })
  })
})
