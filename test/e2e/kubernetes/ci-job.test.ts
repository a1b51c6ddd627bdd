import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { installParts } from '../../../tools/parts/install.ts'
import { replaceFile } from '../../../tools/stack/state.ts'
import { misspelt } from '../../support/broken.ts'
import { refused, succeeded } from '../../support/expect.ts'
import { createPod, requestToken, signAgain } from '../../support/kubernetes/account-tokens.ts'
import type { Json } from '../../support/kubernetes/api.ts'
import {
  collectionOf,
  create,
  manifestsOf,
  tryToCreate,
} from '../../support/kubernetes/manifests.ts'
import { run } from '../../support/run.ts'
import {
  AUDIENCE,
  startServiceAccountStack,
  type ServiceAccountStack,
} from '../../support/service-account-stack.ts'

/** The repository, from dist/test/e2e/kubernetes. */
const ROOT = path.resolve(import.meta.dirname, '../../../..')

interface PodSpec {
  readonly serviceAccountName: string
  readonly containers: readonly [{ readonly args: readonly [string] }]
  readonly volumes: readonly { readonly projected?: { readonly sources: readonly unknown[] } }[]
}

interface Job {
  readonly metadata: { readonly namespace: string }
  readonly spec: { readonly template: { readonly spec: PodSpec } }
}

describe('examples/kubernetes/ci-job.yaml', () => {
  let all: ServiceAccountStack
  let home: string
  let manifests: ReturnType<typeof manifestsOf>
  let job: Job
  const file = (...names: readonly string[]) => path.join(home, ...names)

  before(async () => {
    home = await mkdtemp(path.join(os.tmpdir(), 'rauth-ci-job-'))
    const page = await readFile(path.join(ROOT, 'docs/kubelet.md'), 'utf8')
    const policy = /^```yaml\n(# policy\.yaml[^]+?)^```$/m.exec(page)?.[1]
    all = await startServiceAccountStack({
      ...{ registry: '3', envoy: true },
      accounts: [{ namespace: 'team-a', name: 'app' }],
      policy: policy ?? assert.fail('docs/kubelet.md has no policy'),
    })
    const text = await readFile(path.join(ROOT, 'examples/kubernetes/ci-job.yaml'), 'utf8')
    manifests = manifestsOf(text)
    job = manifests[1]?.object as unknown as Job
    // As strict as a namespace can be with its pods.
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
    const metadata = { name: 'strict', labels }
    await all.cluster.api.expect('POST', '/api/v1/namespaces', { metadata })
  })
  after(async () => {
    await all.stop()
    await rm(home, { recursive: true, force: true })
  })

  const at = async (object: Json) =>
    (await collectionOf(all.cluster.api, object)) ?? assert.fail(JSON.stringify(object))

  it('is taken by the API server as it stands, and no field of it could be misspelt', async () => {
    const { api } = all.cluster
    for (const { object, text } of manifests) {
      const collection = await at(object)
      const dry = await tryToCreate(api, collection, text)
      assert.equal(dry.status, 201, JSON.stringify(dry.body))
      for (const broken of misspelt(object)) {
        const { status } = await tryToCreate(api, collection, broken)
        assert.ok(status === 400 || status === 422, JSON.stringify(broken))
      }
      assert.equal((await create(api, collection, text)).status, 201)
    }
  })

  it('makes pods that the strictest namespace takes', async () => {
    const { spec } = job.spec.template
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'x', namespace: 'strict' },
      spec,
    }
    const { status, body } = await tryToCreate(all.cluster.api, await at(pod), pod)
    assert.equal(status, 201, JSON.stringify(body))
  })

  it('asks for a token with the audience of rauth', () => {
    const sources = job.spec.template.spec.volumes.flatMap(
      ({ projected }) => projected?.sources ?? [],
    )
    const token = { audience: AUDIENCE, expirationSeconds: 3600, path: 'token' }
    assert.deepEqual(sources, [{ serviceAccountToken: token }])
  })

  describe('its script', () => {
    const account = { namespace: 'team-a', name: 'builder' }

    before(async () => {
      const { busybox, crane } = await installParts(['busybox', 'crane'])
      for (const folder of ['bin', 'docker', 'build', 'token']) await mkdir(file(folder))
      // What the image of the job has.
      for (const name of ['sh', 'cat', 'base64', 'tr', 'tar'])
        await symlink(busybox, file('bin', name))
      await symlink(crane, file('bin', 'crane'))
    })

    let builds = 0

    /** Runs it with the paths and names of this test, and what the kubelet would have put into the file. */
    async function runWith(token: string, repository = 'team-a/app') {
      await replaceFile(file('token', 'token'), token)
      builds += 1
      const script = job.spec.template.spec.containers[0].args[0]
        .replaceAll('/run/registry/', `${file('token')}/`)
        .replaceAll('/build/', `${file('build')}/`)
        // What the registry has already is not pushed, and so not refused.
        .replace('whatever is built', `build ${builds}`)
        .replaceAll('registry.example/team-a/app', `registry.example/${repository}`)
        .replaceAll('registry.example', all.stack.registry)
      const env = { PATH: file('bin'), DOCKER_CONFIG: file('docker'), HOME: home }
      return run(file('bin', 'sh'), ['-euc', script], { env })
    }

    it('pushes with the token of its ServiceAccount, and with the one that replaces it', async () => {
      const { api } = all.cluster
      const pod = await createPod(api, account)
      for (const expectedly of ['the first', 'the next']) {
        const result = await runWith(await requestToken(api, account, [AUDIENCE], pod))
        succeeded(result)
        assert.match(result.stdout, /team-a\/app@sha256:[0-9a-f]{64}/, expectedly)
      }
    })

    it('is refused where its rule ends, with a token that has ended, and without a rule', async () => {
      const { api } = all.cluster
      const token = await requestToken(api, account, [AUDIENCE])
      refused(await runWith(token, 'team-b/app'), /403 Forbidden|DENIED/)
      const ended = { exp: Math.floor(Date.now() / 1000) - 1 }
      refused(await runWith(await signAgain(all.cluster, token, ended)), /UNAUTHORIZED/)
      const another = await requestToken(api, { namespace: 'team-a', name: 'app' }, [AUDIENCE])
      refused(await runWith(another), /403 Forbidden|DENIED/)
      succeeded(await runWith(token))
    })
  })
})
