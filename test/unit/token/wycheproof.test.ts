import assert from 'node:assert/strict'
import { createHmac, createPublicKey, type JsonWebKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { ALGORITHM_NAMES, type Algorithm } from '../../../src/token/algorithms.ts'
import { splitCompact } from '../../../src/compact-jws.ts'
import { isSignatureOf } from '../../../src/token/signature.ts'

/** The vectors, from dist/test/unit/token. */
const VECTORS = path.resolve(import.meta.dirname, '../../../../test/vectors/wycheproof')

interface Vector {
  readonly tcId: number
  readonly comment: string
  readonly result: 'valid' | 'acceptable' | 'invalid'
}

interface SignatureVector extends Vector {
  readonly msg: string
  readonly sig: string
}

interface SignatureGroup {
  readonly publicKeyPem: string
  readonly sha: string
  readonly tests: readonly SignatureVector[]
}

interface Jwk extends JsonWebKey {
  readonly alg?: string
  readonly use?: string
}

interface JwsGroup {
  readonly public?: Jwk
  /** An HMAC key is in no other place. */
  readonly private: Jwk
  readonly tests: readonly (Vector & { readonly jws: string })[]
}

function groupsOf(file: string, count: number): readonly { readonly tests: readonly Vector[] }[] {
  const text = readFileSync(path.join(VECTORS, file), 'utf8')
  const { testGroups } = JSON.parse(text) as {
    testGroups: readonly { readonly tests: readonly Vector[] }[]
  }
  assert.equal(testGroups.flatMap(({ tests }) => tests).length, count, 'the whole file is there')
  return testGroups
}

const tcIds = (vectors: readonly Vector[]) => vectors.map(({ tcId }) => tcId)

const FILES: readonly (readonly [Algorithm, file: string, count: number])[] = [
  ['ES256', 'ecdsa_secp256r1_sha256_p1363_test.json', 262],
  ['RS256', 'rsa_signature_2048_sha256_test.json', 259],
]

describe('isSignatureOf, by the vectors of Wycheproof', () => {
  for (const [algorithm, file, count] of FILES) {
    it(`judges all ${String(count)} signatures of ${algorithm} as they say`, () => {
      const groups = groupsOf(file, count) as readonly SignatureGroup[]
      const isAccepted = ({ publicKeyPem, sha }: SignatureGroup, { msg, sig }: SignatureVector) => {
        assert.equal(sha, 'SHA-256')
        const key = { algorithm, publicKey: createPublicKey(publicKeyPem) }
        const part = Buffer.from(sig, 'hex').toString('base64url')
        return isSignatureOf(key, Buffer.from(msg, 'hex'), part)
      }
      const wrong = groups.flatMap((group) =>
        group.tests.filter((one) => isAccepted(group, one) !== (one.result === 'valid')),
      )
      // What is merely acceptable, PKCS #1 without the NULL, is refused.
      assert.deepEqual(tcIds(wrong), [])
    })
  }
})

/** Vectors that are called invalid and are the valid vector 357, byte for byte. */
const DEFECTIVE = [367, 370]

/** Valid ones that rauth would refuse, which is allowed; by the reason. */
const STRICTER: Readonly<Record<string, readonly number[]>> = {
  'an algorithm that rauth has not': [
    ...[264, 265, 266, 267, 268, 269, 270, 271, 272, 273, 274, 275, 287, 288],
    ...[320, 321, 322, 323, 325, 326, 327, 328, 347, 351],
  ],
  'PS256 under a key for RS256': [346, 350],
  'an empty payload, which has no claims': [259],
  'a character that is not of base64url': [372, 373],
}

describe('the strict reading of a JWS, by the vectors of Wycheproof', () => {
  const groups = groupsOf('json_web_signature_test.json', 401) as readonly JwsGroup[]

  /**
   * The verifier's own pieces in its order, without the claims, which none of these tokens has. HMAC
   * is not rauth's; it is computed here because most vectors about spelling are of it.
   */
  function isAccepted({ public: publicKey, private: secret }: JwsGroup, jws: string): boolean {
    const parts = splitCompact(jws)
    if (parts === undefined) return false
    const jwk = publicKey ?? secret
    const header = JSON.parse(Buffer.from(parts.header, 'base64url').toString()) as { alg: string }
    if (header.alg !== jwk.alg || jwk.use === 'enc') return false
    const signed = Buffer.from(`${parts.header}.${parts.payload}`, 'ascii')
    if (jwk.alg === 'HS256') {
      const mac = createHmac('sha256', Buffer.from(jwk['k'] as string, 'base64url')).update(signed)
      return mac.digest('base64url') === parts.signature
    }
    const algorithm = ALGORITHM_NAMES.find((name) => name === jwk.alg)
    if (algorithm === undefined) return false
    const key = { algorithm, publicKey: createPublicKey({ key: jwk, format: 'jwk' }) }
    return isSignatureOf(key, signed, parts.signature)
  }

  const judged = groups.flatMap((group) =>
    group.tests.map((vector) => ({ ...vector, accepted: isAccepted(group, vector.jws) })),
  )

  it('accepts no invalid one but the two that are a valid one', () => {
    const valid = judged.find(({ tcId }) => tcId === 357)
    const wrong = judged.filter(({ result, accepted }) => accepted && result !== 'valid')
    assert.deepEqual(tcIds(wrong), DEFECTIVE)
    for (const { jws } of wrong) assert.equal(jws, valid?.jws)
  })

  it('refuses of the valid ones those that rauth means to refuse', () => {
    const refused = judged.filter(({ result, accepted }) => !accepted && result === 'valid')
    assert.deepEqual(
      tcIds(refused).toSorted((a, b) => a - b),
      Object.values(STRICTER)
        .flat()
        .toSorted((a, b) => a - b),
    )
  })
})
