import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startControlPlane, type ControlPlane } from '../../support/kubernetes/control-plane.ts'
import { collectionOf, create, manifestsOf } from '../../support/kubernetes/manifests.ts'
import {
  kubelet,
  PROVIDERS,
  withRauth,
  type Kubelet,
  type KubeletOptions,
  type PulledWith,
} from '../../support/kubelet.ts'
import { until } from '../../support/until.ts'

/** The repository, from dist/test/e2e/kubernetes. */
const ROOT = path.resolve(import.meta.dirname, '../../../..')

/** Milliseconds until the API server must act by a role that it has. */
const EFFECT_LIMIT = 30_000

const IMAGE = 'registry.example/team-a/app:v1'
const POD = { namespace: 'team-a', name: 'app-0' }

/** Of a pod that the API server shows to nobody yet. */
const NOT_YET: PulledWith = { credentials: [[]], runs: 0, log: '' }

/** `status` of a TokenReview. */
interface Review {
  readonly authenticated?: boolean
  readonly audiences?: readonly string[]
  readonly user?: { readonly username: string; readonly extra: Readonly<Record<string, unknown>> }
}

/** The kubelet's own code, the real API server with the rights that nodes have, the examples as they are. */
describe('a kubelet with the examples for it', () => {
  let cluster: ControlPlane
  before(async () => {
    cluster = await startControlPlane({ nodes: true })
    await cluster.api.expect('POST', '/api/v1/namespaces', { metadata: { name: 'team-a' } })
    const own = '/api/v1/namespaces/team-a'
    await cluster.api.expect('POST', `${own}/serviceaccounts`, { metadata: { name: 'app' } })
    for (const [name, account] of [
      ['app-0', { serviceAccountName: 'app' }],
      ['static-0', {}],
    ] as const) {
      const containers = [{ name: 'app', image: IMAGE }]
      await cluster.api.expect('POST', `${own}/pods`, {
        metadata: { name },
        spec: { nodeName: 'node-1', containers, ...account },
      })
    }
  })
  after(() => cluster.stop())

  async function withKubelet(
    options: Partial<KubeletOptions>,
    test: (kubelet: Kubelet) => Promise<unknown>,
  ): Promise<void> {
    const one = await kubelet(cluster, { node: 'node-1', provider: 'script', ...options })
    try {
      await test(one)
    } finally {
      await one.remove()
    }
  }

  it('is not let have a token for rauth without the role', async () => {
    await withKubelet({}, async ({ credentialsFor }) => {
      const why =
        /audience "registry\.example" not found in pod spec volume, system:node:node-1 is not authorized/
      // Before that the API server may not know yet which pods the node has.
      await until('the reason', EFFECT_LIMIT, async () => {
        const { credentials, runs, log } = await credentialsFor(POD, IMAGE).catch(() => NOT_YET)
        assert.deepEqual([credentials, runs], [[[]], 0])
        return why.test(log)
      })
    })
  })

  describe('and the role', () => {
    before(async () => {
      const file = path.join(ROOT, 'examples/kubernetes/credential-provider/rbac.yaml')
      for (const { object, text } of manifestsOf(await readFile(file, 'utf8'))) {
        const collection = await collectionOf(cluster.api, object)
        const { status, body } = await create(cluster.api, collection ?? '', text)
        assert.equal(status, 201, JSON.stringify(body))
      }
      await withKubelet({}, ({ credentialsFor }) =>
        until('the role counts', EFFECT_LIMIT, async () => {
          return (await credentialsFor(POD, IMAGE).catch(() => NOT_YET)).runs === 1
        }),
      )
    })

    for (const provider of Object.keys(PROVIDERS) as (keyof typeof PROVIDERS)[]) {
      it(`gets a token of the pod for rauth alone as a password, from the ${provider}`, async () => {
        const configure = (example: string) => (provider === 'rauth' ? withRauth(example) : example)
        await withKubelet({ provider, configure }, async ({ credentialsFor }) => {
          const { credentials, log } = await credentialsFor(POD, IMAGE)
          const [{ username, password } = { username: '', password: '' }, ...others] =
            credentials[0] ?? []
          assert.deepEqual([username, others], ['serviceaccount', []], log)
          const review = async (audiences: readonly string[]) => {
            const spec = { token: password, audiences }
            const reviews = '/apis/authentication.k8s.io/v1/tokenreviews'
            return (await cluster.api.expect('POST', reviews, { spec }))['status'] as Review
          }
          const { authenticated, audiences, user } = await review(['registry.example'])
          assert.deepEqual([authenticated, audiences], [true, ['registry.example']])
          assert.equal(user?.username, 'system:serviceaccount:team-a:app')
          assert.deepEqual(user.extra['authentication.kubernetes.io/pod-name'], ['app-0'])
          assert.notEqual((await review([])).authenticated, true)
        })
      })
    }

    it('runs the provider once for all images of the registry', async () => {
      await withKubelet({}, async ({ credentialsFor }) => {
        const images = [IMAGE, 'registry.example/team-a/other@sha256:' + 'a'.repeat(64), IMAGE]
        const { credentials, runs } = await credentialsFor(POD, ...images)
        assert.equal(runs, 1)
        assert.equal(credentials.length, 3)
        assert.equal(new Set(credentials.map((one) => one[0]?.password)).size, 1)
      })
    })

    it('runs it for no other registry and for no pod without a ServiceAccount', async () => {
      await withKubelet({}, async ({ credentialsFor }) => {
        const others = ['registry.example:5000/app', 'other.example/app', 'docker.io/library/app']
        const elsewhere = await credentialsFor(POD, ...others, 'app')
        assert.deepEqual([elsewhere.credentials, elsewhere.runs], [[[], [], [], []], 0])
        const unnamed = await credentialsFor({ namespace: 'team-a', name: 'static-0' }, IMAGE)
        assert.deepEqual([unnamed.credentials, unnamed.runs], [[[]], 0])
      })
    })

    it('is let have no token for a pod on another node', async () => {
      await withKubelet({ node: 'node-2' }, async ({ credentialsFor }) => {
        await assert.rejects(credentialsFor(POD, IMAGE), /node 'node-2' cannot|forbidden/)
      })
    })

    /** What the kubelet logs, as docs/kubelet.md has it. */
    const LOGGED: readonly (readonly [
      what: string,
      from: string | RegExp,
      to: string,
      said: RegExp,
    ])[] = [
      [
        'another registry in args',
        '--registry=registry.example',
        '--registry=registry.example:5000',
        /rauth-credential-provider for image registry\.example\/team-a\/app: exit status 1: no token for registry\.example: only registry\.example:5000 may/,
      ],
      [
        'another audience in args',
        '--audience=registry.example',
        '--audience=rauth',
        /exit status 1: the ServiceAccount token was not handed on: it is for "registry\.example", and "rauth" alone/,
      ],
      ['no audience in args', ', --audience=registry.example', '', /exit status 2: error: /],
      [
        'no tokenAttributes',
        /tokenAttributes:[^]*$/,
        '',
        /exit status 1: the request on stdin is not the kubelet's: it has no serviceAccountToken; next: tokenAtt/,
      ],
      [
        'another cacheType',
        'cacheType: Token',
        'cacheType: ServiceAccount',
        // The words of the kubelet.
        /returned the service account token as the password .* cache type is not set to 'Token'/,
      ],
    ]
    for (const [what, from, to, said] of LOGGED) {
      it(`logs why there is nothing with ${what}`, async () => {
        const configure = (example: string) => {
          const changed = example.replace(from, to)
          assert.notEqual(changed, example)
          return changed
        }
        await withKubelet({ configure }, async ({ credentialsFor }) => {
          const { credentials, log } = await credentialsFor(POD, IMAGE)
          assert.deepEqual(credentials, [[]])
          assert.match(log, said)
          assert.doesNotMatch(log, /eyJ/)
        })
      })
    }

    it('logs 127 where there is no Node.js on its PATH, which the configuration can set', async () => {
      const configure = (example: string) =>
        example.replace(
          'tokenAttributes:',
          'env: [{ name: PATH, value: /nowhere }]\n    tokenAttributes:',
        )
      await withKubelet({ provider: 'bundle', configure }, async ({ credentialsFor }) => {
        const { credentials, log } = await credentialsFor(POD, IMAGE)
        assert.deepEqual(credentials, [[]])
        assert.match(log, /exit status 127: .*node/)
      })
    })

    it('starts with no configuration that has a mistake', async () => {
      const mistakes = [
        ['matchImages', 'matchImage'],
        ['cacheType: Token', 'cacheType: Pod'],
        ['requireServiceAccount: true', ''],
        ['defaultCacheDuration: 0s', ''],
      ] as const
      for (const [from, to] of mistakes) {
        const configure = (example: string) => example.replace(from, to)
        await withKubelet({ configure }, async ({ credentialsFor }) => {
          await assert.rejects(
            credentialsFor(POD, IMAGE),
            /credential provider config|strict decoding/,
          )
        })
      }
    })
  })
})
