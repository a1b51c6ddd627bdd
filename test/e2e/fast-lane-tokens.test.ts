import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { splitCompact } from '../../src/compact-jws.ts'
import { ALGORITHM_NAMES } from '../../src/token/algorithms.ts'
import { lanePaths } from '../../src/token/fast-lane.ts'
import { createKeySet } from '../../src/token/key-set.ts'
import { isSignatureOf } from '../../src/token/signature.ts'
import { readUnverified } from '../../src/token/unverified.ts'
import { createVerifier } from '../../src/token/verifier.ts'
import { askAlone } from '../differential/connection.ts'
import { toBytes } from '../differential/raw-request.ts'
import { digestPath } from '../support/fast-lane.ts'
import { startLaneFront, type LaneFront } from '../support/lane-front.ts'
import { until } from '../support/until.ts'
import {
  corpusKeys,
  ISSUER,
  LIFETIME,
  REPOSITORY,
  SERVICE,
  tokenCorpus,
} from '../support/token-corpus.ts'

/**
 * Some thousand tokens that open the lane, nearly all of them with something done to them, for Envoy: whatever was
 * not signed by a key of rauth's, in the one spelling that there is of it, opens nothing.
 */

const SEED = 20261124
const CLIENTS = 8

const keys = await corpusKeys()
const own = createKeySet(Object.values(keys.own))
const clock = () => Date.now() / 1000
const verifier = createVerifier({
  ...{ clock, issuer: ISSUER, audiences: [SERVICE], maxLifetime: LIFETIME },
  ...{ keys: own, leeway: 10, cacheSize: 10 },
})

const lane = (now: number) => ({
  ...{ until: now + 20, paths: lanePaths(REPOSITORY) },
  ...{ account: 'team-a', namespace: 'team-a' },
})
const corpus = tokenCorpus({
  ...{ keys, algorithms: ALGORITHM_NAMES, x5c: true, seed: SEED, repeat: 40 },
  more: (now) => ({
    rauth: { ns: ['team-a'], cred: [['team-a/registry-credentials', 'g1']], lane: lane(now) },
  }),
})

/** Whether a key of rauth's has signed exactly this text: nobody else can make one. */
function isSigned(token: string): boolean {
  const parts = splitCompact(token)
  if (parts === undefined) return false
  const signed = Buffer.from(`${parts.header}.${parts.payload}`, 'ascii')
  return Object.values(keys.own).some((key) => isSignatureOf(key, signed, parts.signature))
}

describe('tokens in the fast lane', () => {
  let published: Server
  let jwks = JSON.stringify(own.jwks())
  let front: LaneFront
  before(async () => {
    published = createServer((_, response) => response.end(jwks))
    await new Promise<void>((resolve) => published.listen(0, '127.0.0.1', resolve))
    front = await startLaneFront({
      token: (published.address() as AddressInfo).port,
      passed: () => undefined,
      open: {
        repository: REPOSITORY,
        token: () => corpus[0]?.make(Math.floor(clock())) ?? assert.fail(),
      },
    })
  })
  after(async () => {
    await front.stop()
    published.closeAllConnections()
    published.close()
  })

  const passes = async (token: string) => {
    const headers = [['Authorization', `Bearer ${token}`]] as const
    const request = { method: 'GET', target: digestPath(REPOSITORY), headers, body: '' }
    return (await askAlone(front.port, toBytes(request, {}), 'GET')).status === 200
  }

  it('open it if rauth signed them, and by no other hand or spelling', async (test) => {
    const wrong = new Set<string>()
    const counts = { tried: 0, passed: 0, good: 0, strict: 0 }
    const left = [...corpus]
    const client = async () => {
      for (let mutant = left.pop(); mutant !== undefined; mutant = left.pop()) {
        // White space around a header's value is none of it (RFC 9110 §5.5).
        const token = mutant.make(Math.floor(clock())).trim()
        if (!/^[\x20-\x7e]*$/.test(token)) continue
        counts.tried += 1
        const isGood = verifier.verify(token).ok
        if (isGood) counts.good += 1
        if (!(await passes(token))) continue
        counts.passed += 1
        if (!isGood) counts.strict += 1
        if (!isGood && !isSigned(token)) wrong.add(`${mutant.family}: ${token}`)
      }
    }
    await Promise.all(Array.from({ length: CLIENTS }, client))
    test.diagnostic(JSON.stringify(counts))
    assert.deepEqual([...wrong], [])
    assert.ok(counts.passed > 200 && counts.passed < counts.tried / 2, JSON.stringify(counts))
  })

  it('of a key that was withdrawn open it no more once Envoy has fetched the keys', async () => {
    const { ES256: withdrawn, RS256: kept } = keys.own
    // Another each time: what Envoy has verified it knows.
    const of = (kid: string) =>
      corpus
        .filter(({ family }) => family === 'good: access')
        .map((mutant) => mutant.make(Math.floor(clock())))
        .find((token) => readUnverified(token)?.header['kid'] === kid) ?? assert.fail()
    assert.equal(await passes(of(withdrawn.kid)), true)
    jwks = JSON.stringify(createKeySet([kept]).jwks())
    await until(
      'the withdrawn key is refused',
      20_000,
      async () => !(await passes(of(withdrawn.kid))),
    )
    assert.equal(await passes(of(kept.kid)), true)
  })
})
