import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ALGORITHM_NAMES, algorithmFacts, type Algorithm } from '../../src/token/algorithms.ts'
import { createIssuer } from '../../src/token/issuer.ts'
import { createKeySet, type SigningKey } from '../../src/token/key-set.ts'
import { certificatesOf, certifiedKey, throwAwayAuthority } from '../support/certified-keys.ts'
import { ask } from '../support/http.ts'
import { startRegistry, type Registry } from '../support/registry.ts'

const SERVICE = 'internal-registry.io'

function tokenOf(key: SigningKey, x5c: boolean): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    ...{ issuer: 'rauth', subject: 'team-a', audience: SERVICE, id: 'id', access: [] },
    ...{ issuedAt: now, notBefore: now, expiresAt: now + 60 },
    ...{ namespaces: ['team-a'], credentials: [{ id: 'team-a/secret', generation: 'g' }] },
  }
  return createIssuer({ keys: createKeySet([key]), x5c })
    .sign(claims)
    .then(({ token }) => token)
}

/** What `keys init -a` says of algorithms and `keys bundle --leaves` of kids, asked of the registries. */
for (const generation of ['2.8', '3'] as const) {
  describe(`registry ${generation}`, () => {
    const keys: SigningKey[] = []
    const verifies = (algorithm: Algorithm) =>
      generation === '3' || algorithmFacts(algorithm).registry2

    let registry: Registry
    before(async () => {
      const bundle: string[] = []
      for (const algorithm of ALGORITHM_NAMES) {
        // As `keys init` makes them: the CA is of the algorithm, too.
        const known = verifies(algorithm)
        const authority = await throwAwayAuthority(known ? algorithm : 'ES256')
        const key = await certifiedKey(authority, algorithm)
        keys.push(key)
        bundle.push(authority.certificate, ...(known ? [certificatesOf(key)] : []))
      }
      const certificates = bundle.join('')
      registry = await startRegistry({
        generation,
        issuer: 'rauth',
        service: SERVICE,
        certificates,
      })
    })
    after(() => registry.stop())

    const statusOf = async (algorithm: string, x5c: boolean) => {
      const key = keys.find((one) => one.algorithm === algorithm) ?? assert.fail()
      const authorization = `Bearer ${await tokenOf(key, x5c)}`
      return (await ask(registry.port, '/v2/', { headers: { authorization } })).status
    }

    for (const algorithm of ALGORITHM_NAMES) {
      it(`${verifies(algorithm) ? 'takes' : 'refuses'} ${algorithm} with x5c`, async () => {
        assert.equal(await statusOf(algorithm, true), verifies(algorithm) ? 200 : 401)
      })
      it(`${generation === '3' ? 'takes' : 'refuses'} ${algorithm} by its kid`, async () => {
        assert.equal(await statusOf(algorithm, false), generation === '3' ? 200 : 401)
      })
    }
  })
}

it('registry 2.8 does not even start with an EdDSA CA', async () => {
  const { certificate } = await throwAwayAuthority('EdDSA')
  const options = { issuer: 'rauth', service: SERVICE, certificates: certificate }
  await assert.rejects(
    startRegistry({ ...options, generation: '2.8' }).then((registry) => registry.stop()),
    /did not start/,
  )
})
