import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describeBehindEnvoyOf } from '../../support/behind-envoy-of.ts'
import { RECORDED, translate } from '../../support/envoy-gateway/translation.ts'

/** What Envoy Gateway makes of the example, in a real Envoy: without its control plane and without TLS. */

const made = await translate()
if (made !== undefined && process.env['UPDATE_TRANSLATION'] === '1') await RECORDED.write(made)

describe('what Envoy Gateway makes of the example', () => {
  it('is recorded of the example as it stands', async () => {
    const next = 'npm run parts -- egctl; UPDATE_TRANSLATION=1 npm test -- e2e deploy/envoy-gateway'
    assert.equal((await RECORDED.read()).of, await RECORDED.sourcesDigest(), `next: ${next}`)
  })

  const skip = made === undefined && 'egctl is not there; next: npm run parts -- egctl'
  it('is what its own egctl makes', { skip }, async () => {
    const { listeners, clusters, routes, overloadManager } = await RECORDED.read()
    assert.deepEqual(made, { listeners, clusters, routes, overloadManager })
  })
})

describeBehindEnvoyOf({ name: 'Envoy Gateway', proxy: 'envoy-gateway' })
