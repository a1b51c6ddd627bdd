import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { readCorpus } from '../differential/corpus.ts'
import { nameOf, startDeployment, type Deployment } from '../differential/deployment.ts'
import { replay } from '../differential/replay.ts'
import { http2, type Transport } from '../differential/transport.ts'

/**
 * Every line of test/corpus, by the ways into Envoy that are not HTTP/1.1: HTTP/2 could carry what that can't. By
 * HTTP/1.1 the test beside a bare registry sends them.
 */
const TRANSPORTS: readonly (readonly [
  name: string,
  open: (deployment: Deployment) => Transport,
])[] = [
  ['HTTP/2 in clear', ({ front }) => http2(`http://localhost:${front.port}`)],
  ['HTTP/2 over TLS', ({ tls }) => http2(`https://localhost:${tls ?? 0}`)],
]

const LINES = [...readCorpus().values()].flat().length

// Beside each other: Envoy takes a second to close a connection for what it can't read.
describe('the corpus over HTTP/2', { concurrency: 2 }, () => {
  for (const normalize of [true, false]) {
    const options = { registry: '3', normalize, tls: true } as const
    describe(nameOf(options), { concurrency: 1 }, () => {
      let deployment: Deployment

      before(async () => {
        deployment = await startDeployment(options)
      })
      after(() => deployment.stop())

      for (const [name, open] of TRANSPORTS) {
        it(`is answered as it says over ${name}, and HEAD as GET`, async () => {
          const transport = open(deployment)
          try {
            const { wrong, sent } = await replay(deployment, transport)
            assert.deepEqual(wrong, [])
            assert.ok(sent > LINES * 0.8, `only ${sent} lines were sent`)
          } finally {
            transport.close()
          }
        })
      }
    })
  }
})
