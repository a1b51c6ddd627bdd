import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { covers } from '../../src/registry/access.ts'
import { ALGORITHM_NAMES, algorithmFacts } from '../../src/token/algorithms.ts'
import { createKeySet } from '../../src/token/key-set.ts'
import { createVerifier } from '../../src/token/verifier.ts'
import { certificatesOf } from '../support/certified-keys.ts'
import { LENIENCIES } from '../support/registry-leniency.ts'
import { startRegistry, type Registry } from '../support/registry.ts'
import {
  corpusKeys,
  ISSUER,
  LIFETIME,
  REPOSITORY,
  SERVICE,
  tokenCorpus,
  type Mutant,
} from '../support/token-corpus.ts'

/**
 * The same tokens, some thousand of them, for rauth's verifier and for real registries: what rauth
 * accepts the registry must accept, else a client that the gateway let pass would be refused behind
 * it; and where the registry accepts more, the kind is known.
 */

const SEED = 20261124
/** As many requests at a time as two processors are busy with. */
const AT_ONCE = 8
/** Longer than an answer takes on a busy machine, milliseconds. */
const PATIENCE = 30_000

interface Deployment {
  readonly name: string
  readonly generation: '2.8' | '3'
  /** rauth's `token.x5c`; without it the registry is given the signing certificates. */
  readonly x5c: boolean
  /** Size of the corpus; see there. */
  readonly repeat: number
}

const DEPLOYMENTS: readonly Deployment[] = [
  { name: 'registry 3, tokens with x5c', generation: '3', x5c: true, repeat: 100 },
  { name: 'registry 2.8, tokens with x5c', generation: '2.8', x5c: true, repeat: 100 },
  { name: 'registry 3, tokens with kid alone', generation: '3', x5c: false, repeat: 40 },
]

/**
 * What rauth accepts and a registry that has the CA alone can't: rauth issues it only with
 * `token.x5c` off, and then the registry needs the signing certificate too, as in the third
 * deployment.
 */
const NOT_ISSUED_THERE = 'x5c: none'

/** distribution panics at a null in `access` and answers nothing; only the issuer could sign one. */
const PANICS = ['access: null in the list', 'access: null beside a good one']

const REQUESTS = [
  { path: '/v2/', needs: [], passed: 200 },
  {
    path: `/v2/${REPOSITORY}/manifests/none`,
    needs: [{ type: 'repository', name: REPOSITORY, actions: ['pull'] }],
    passed: 404,
  },
] as const

const keys = await corpusKeys()
const clock = () => Date.now() / 1000
const verifier = createVerifier({
  ...{ clock, issuer: ISSUER, audiences: [SERVICE], maxLifetime: LIFETIME },
  keys: createKeySet(Object.values(keys.own)),
  leeway: 10,
  cacheSize: 10,
})

function corpusFor({ generation, x5c, repeat }: Omit<Deployment, 'name'>): readonly Mutant[] {
  const algorithms = ALGORITHM_NAMES.filter(
    (name) => generation === '3' || algorithmFacts(name).registry2,
  )
  return tokenCorpus({ keys, algorithms, x5c, seed: SEED, repeat })
}

type Verdict = 'accepted' | 'refused'

interface Judged {
  readonly family: string
  readonly path: string
  readonly rauth: Verdict
  /** Why rauth refused. */
  readonly detail: string
  /** What the registry answered; 0 when it only hung up, absent when it can't even be sent. */
  readonly status: number | undefined
  readonly registry: Verdict
}

/** The status, or 0 when the connection ends without one. */
function statusOf(port: number, path: string, token: string, agent: Agent | false) {
  return new Promise<number>((resolve) => {
    const headers = { authorization: `Bearer ${token}` }
    const outgoing = request({ host: '127.0.0.1', port, path, headers, agent }, (answer) => {
      answer.resume().on('end', () => {
        resolve(answer.statusCode ?? 0)
      })
    })
    outgoing.on('error', () => {
      // One that was kept alive may have been ended for what was sent over it before.
      resolve(agent === false ? 0 : statusOf(port, path, token, false))
    })
    outgoing.setTimeout(PATIENCE, () => outgoing.destroy(new Error('no answer')))
    outgoing.end()
  })
}

async function judge(port: number, corpus: readonly Mutant[]): Promise<readonly Judged[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  const judged: Judged[] = []
  const left = [...corpus]
  const worker = async () => {
    for (let mutant = left.pop(); mutant !== undefined; mutant = left.pop()) {
      for (const { path, needs, passed } of REQUESTS) {
        const token = mutant.make(Math.floor(clock()))
        const result = verifier.verify(token)
        const rauth = result.ok && covers(result.value.claims.access, needs)
        const detail = result.ok ? 'scope' : (result.refusal.detail ?? '')
        const sendable = /^[\t\x20-\x7e\x80-\xff]*$/.test(token)
        const status = sendable ? await statusOf(port, path, token, agent) : undefined
        judged.push({
          ...{ family: mutant.family, path, detail, status },
          rauth: rauth ? 'accepted' : 'refused',
          registry: status === passed ? 'accepted' : 'refused',
        })
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  agent.destroy()
  return judged
}

/** Each once, for a message that can be read. */
const told = (judged: readonly Judged[]) =>
  [
    ...new Set(
      judged.map(
        ({ family, path, detail, status }) => `${family} | ${path} | ${detail} | ${String(status)}`,
      ),
    ),
  ].sort()

const seen = new Set<string>()

for (const { name, generation, x5c, repeat } of DEPLOYMENTS) {
  describe(name, () => {
    const corpus = corpusFor({ generation, x5c, repeat })
    let registry: Registry
    let judged: readonly Judged[]
    before(async () => {
      const signing = x5c ? [] : Object.values(keys.own).map(certificatesOf)
      registry = await startRegistry({
        ...{ generation, issuer: ISSUER, service: SERVICE },
        certificates: [keys.authority.certificate, ...signing].join(''),
      })
      judged = await judge(registry.port, corpus)
    })
    after(() => registry.stop())

    it('was tried with hundreds of tokens that are good and more that are not', () => {
      const both = (verdict: Verdict) =>
        judged.filter(({ rauth, registry: other }) => rauth === verdict && other === verdict).length
      assert.equal(judged.length, corpus.length * REQUESTS.length)
      assert.ok(corpus.length > 8 * repeat + 400, `only ${String(corpus.length)} tokens`)
      assert.ok(both('accepted') > 5 * repeat && both('refused') > 10 * repeat)
    })

    it('answers each with a status that it has for tokens', () => {
      const odd = judged.filter(({ family, path, status }) => {
        if (PANICS.includes(family)) return status !== 0
        const wanted = path === '/v2/' ? [200, 400, 401] : [404, 400, 401]
        return status !== undefined && !wanted.includes(status)
      })
      assert.deepEqual(told(odd), [])
    })

    it('accepts whatever rauth accepts', () => {
      const refused = judged.filter(
        ({ family, rauth, registry: other }) =>
          rauth === 'accepted' && other === 'refused' && !(x5c && family === NOT_ISSUED_THERE),
      )
      assert.deepEqual(told(refused), [])
    })

    it('accepts of what rauth refuses only what is known', () => {
      const laxer = judged.filter(
        ({ rauth, registry: other }) => rauth === 'refused' && other === 'accepted',
      )
      const unknown = laxer.filter(({ family, detail }) => {
        const rows = LENIENCIES.filter(
          ({ families, details }) => families.includes(family) && details.includes(detail),
        )
        for (const { reason } of rows) seen.add(reason)
        return rows.length === 0
      })
      assert.deepEqual(told(unknown), [])
    })
  })
}

describe('the list of what registries accept and rauth does not', () => {
  it('names nothing that no registry accepts any more', () => {
    assert.deepEqual(
      LENIENCIES.map(({ reason }) => reason).filter((reason) => !seen.has(reason)),
      [],
    )
  })

  it('names no family that the corpus has not', () => {
    const known = new Set(DEPLOYMENTS.flatMap((one) => corpusFor(one)).map(({ family }) => family))
    const unknown = LENIENCIES.flatMap(({ families }) => families).filter((one) => !known.has(one))
    assert.deepEqual(unknown, [])
  })
})
