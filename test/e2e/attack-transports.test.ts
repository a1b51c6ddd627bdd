import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { readCorpus } from '../differential/corpus.ts'
import { nameOf, startDeployment, type Deployment } from '../differential/deployment.ts'
import { replay } from '../differential/replay.ts'
import { http1, http2, type Transport } from '../differential/transport.ts'

/** Every line of test/corpus, by every way into Envoy: HTTP/2 could carry what HTTP/1.1 can't. */
const TRANSPORTS: readonly (readonly [
  name: string,
  open: (deployment: Deployment) => Transport,
])[] = [
  ['HTTP/1.1', ({ front }) => http1(front.port)],
  ['HTTP/2 in clear', ({ front }) => http2(`http://localhost:${front.port}`)],
  ['HTTP/2 over TLS', ({ tls }) => http2(`https://localhost:${tls ?? 0}`)],
]

const LINES = [...readCorpus().values()].flat().length

for (const normalize of [true, false]) {
  const options = { registry: '3', normalize, tls: true } as const
  describe(`the corpus: ${nameOf(options)}`, () => {
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
