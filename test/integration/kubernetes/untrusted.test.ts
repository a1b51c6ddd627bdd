import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { startFakeApi, type FakeApi } from '../../support/kubernetes/fake-api.ts'
import { kubeconfig } from '../../support/kubernetes/kubeconfig.ts'
import { ourApi } from '../../support/kubernetes/our-api.ts'
import { tlsAuthority } from '../../support/tls-certificates.ts'

const LIST = '/api/v1/secrets?fieldSelector=metadata.name%3Dregistry-credentials'
const ASKED = { signal: new AbortController().signal, patience: 20_000 }

describe('an API server whose certificate is under another CA than before', () => {
  let server: FakeApi
  before(async () => {
    server = await startFakeApi()
  })
  after(() => server.stop())

  it('is not asked, is told in words, and is trusted as soon as the kubeconfig has that CA', async () => {
    const { certificate } = await tlsAuthority('cluster of before')
    const identity = { token: 'x' }
    const api = await ourApi({ ...server, authority: certificate }, identity)
    try {
      for (let tries = 0; tries < 2; tries += 1) {
        await assert.rejects(
          api.get(LIST, ASKED),
          /^Error: the certificate of the API server is not trusted \(.+\); next: give .+ the CA/,
        )
      }
      assert.deepEqual([api.answers, server.asked], [[0, 0], []])
      await writeFile(api.kubeconfig, kubeconfig(server, identity))
      await api.get(LIST, ASKED).then((response) => response.resume())
    } finally {
      await api.close()
    }
  })

  it('is not meant where nobody listens', async () => {
    const gone = await startFakeApi()
    const api = await ourApi(gone, { token: 'x' })
    await gone.stop()
    try {
      await assert.rejects(api.get(LIST, ASKED), /^Error: connect ECONNREFUSED/)
    } finally {
      await api.close()
    }
  })
})
