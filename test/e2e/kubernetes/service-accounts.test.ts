import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ask, basic } from '../../support/http.ts'
import {
  CLUSTER_ISSUER,
  createAccount,
  createPod,
  createSecret,
  deleteAccount,
  makeLegacy,
  partsOf,
  requestToken,
  signAgain,
  tamper,
} from '../../support/kubernetes/account-tokens.ts'
import { loginAs, requestsOf } from '../../support/kubernetes/account-logins.ts'
import { createApi } from '../../support/kubernetes/api.ts'
import { startControlPlane, type ControlPlane } from '../../support/kubernetes/control-plane.ts'
import { kubeconfig } from '../../support/kubernetes/kubeconfig.ts'
import { startLink, type Link } from '../../support/kubernetes/link.ts'
import { rightsOf } from '../../support/kubernetes/rights.ts'
import { SERVICE, startServing, type Serving } from '../../support/serving.ts'
import { until } from '../../support/until.ts'

const AUDIENCE = 'registry.example'
const BUILDER = { namespace: 'team-a', name: 'builder' }
const SCOPE = 'repository:team-a/app:pull,push repository:team-b/app:pull'

/** How long a yes of a review lasts here, seconds. */
const REMEMBER = 2

const REVIEWS = '/apis/authentication.k8s.io/v1/tokenreviews'

for (const verify of ['review', 'keys'] as const) {
  describe(`tokens of ServiceAccounts, by ${verify}, with a real API server`, () => {
    let cluster: ControlPlane
    let link: Link
    let home: string
    let rauth: Serving

    before(async () => {
      cluster = await startControlPlane()
      link = await startLink(cluster)
      home = await mkdtemp(path.join(os.tmpdir(), 'rauth-accounts-'))
      await cluster.api.expect('POST', '/api/v1/namespaces', { metadata: { name: 'rauth' } })
      await createAccount(cluster.api, BUILDER)
      const identity = await rightsOf(cluster.api, 'rbac-serviceaccounts.yaml')
      const api = createApi(cluster, identity)
      await until('the rights', 20_000, async () => (await api.send('POST', REVIEWS, { spec: { token: 'x' } })).status === 201) // prettier-ignore
      assert.equal((await api.send('GET', '/api/v1/namespaces/team-a/secrets')).status, 403)
      api.close()
      await writeFile(path.join(home, 'kubeconfig'), kubeconfig(link, identity), { mode: 0o600 })
      const of = verify === 'keys' ? { issuer: CLUSTER_ISSUER } : { remember: `${REMEMBER}s` }
      rauth = await startServing({
        logins: [{ username: 'team-a', password: 'the password of team-a' }],
        config: {
          identity: [
            { serviceAccounts: { audience: AUDIENCE, verify, timeout: '20s', ...of } },
            { secrets: {} },
          ],
          guessing: { failures: 0, perNetwork: 0 },
        },
        credentials: {
          source: 'directory',
          kubernetes: { kubeconfig: path.join(home, 'kubeconfig') },
        },
      })
    })
    after(async () => {
      await rauth.stop()
      link.close()
      await cluster.stop()
      await rm(home, { recursive: true, force: true })
    })

    const token = (audiences = [AUDIENCE], account = BUILDER) =>
      requestToken(cluster.api, account, audiences)

    const login = (password: string, method?: 'GET' | 'POST') =>
      loginAs(rauth, SCOPE.split(' '), password, method)
    const statusOf = async (password: string) => (await login(password)).status
    const requests = () => requestsOf(rauth)

    for (const method of ['GET', 'POST'] as const) {
      it(`pull what is their namespace's, and nothing else, by ${method}`, async () => {
        const password = await token()
        const { status, access, claims } = await login(password, method)
        assert.equal(status, 200)
        assert.deepEqual(access, [{ type: 'repository', name: 'team-a/app', actions: ['pull'] }])
        assert.equal(claims['sub'], 'system:serviceaccount:team-a:builder')
        assert.ok(Number(claims['exp']) <= Number(partsOf(password)[1]['exp']))
      })
    }

    it('of a namespace have no part in what a Secret of it may do', async () => {
      assert.deepEqual((await login(await token())).access[0]?.actions, ['pull'])
      const { status } = await ask(rauth.token, `/token?service=${SERVICE}`, {
        headers: { authorization: basic('team-a', 'the password of team-a') },
      })
      assert.equal(status, 200)
    })

    it('bound to a Pod or to a Secret are good as well', async () => {
      const account = { namespace: 'team-a', name: 'bound' }
      await createAccount(cluster.api, account)
      const pod = await createPod(cluster.api, account)
      const secret = await createSecret(cluster.api, account)
      const bound = [
        await requestToken(cluster.api, account, [AUDIENCE], pod),
        await requestToken(cluster.api, account, [AUDIENCE], secret),
      ]
      for (const one of bound) assert.equal(await statusOf(one), 200)
      await cluster.api.expect('DELETE', `/api/v1/namespaces/team-a/pods/${pod.metadata.name}?gracePeriodSeconds=0`) // prettier-ignore
      await cluster.api.expect('DELETE', `/api/v1/namespaces/team-a/secrets/${secret.metadata.name}`) // prettier-ignore
      await ends(bound)
    })

    it('are over with their ServiceAccount', async () => {
      const account = { namespace: 'team-a', name: 'gone' }
      await createAccount(cluster.api, account)
      const password = await token([AUDIENCE], account)
      assert.equal(await statusOf(password), 200)
      await deleteAccount(cluster.api, account)
      await ends([password])
      // One of the same name is another one.
      await createAccount(cluster.api, account)
      await ends([password])
      assert.equal(await statusOf(await token([AUDIENCE], account)), 200)
    })

    /** After what they were bound to is gone: by its keys nobody knows of that. */
    async function ends(passwords: readonly string[]): Promise<void> {
      if (verify === 'keys') {
        for (const one of passwords) assert.equal(await statusOf(one), 200)
        return
      }
      // The API server itself keeps a yes for 10 s.
      await until('no more tokens', 60_000, async () => {
        for (const one of passwords) if ((await statusOf(one)) !== 401) return false
        return true
      })
    }

    it('are nothing if they are for others, over, or not the cluster’s', async () => {
      const good = await token()
      const now = Math.floor(Date.now() / 1000)
      const bad: Readonly<Record<string, string>> = {
        'for another audience': await token(['other.example']),
        'for the API server': await token([]),
        'that have ended': await signAgain(cluster, good, {
          iat: now - 900,
          nbf: now - 900,
          exp: now - 300,
        }),
        'that have not begun': await signAgain(cluster, good, { nbf: now + 300, iat: now }),
        'signed by another': await signAgain(cluster, good, {}, 'other'),
        'for a hundred years': await requestToken(
          cluster.api,
          BUILDER,
          [AUDIENCE],
          undefined,
          2 ** 32 - 1,
        ),
        'for more than a day': await requestToken(
          cluster.api,
          BUILDER,
          [AUDIENCE],
          undefined,
          86_401,
        ),
        'of another issuer': await signAgain(cluster, good, { iss: 'https://other.example' }),
        'with another audience than what is signed': tamper(await token(['other.example']), {
          aud: [AUDIENCE],
        }),
        'with another namespace than what is signed': tamper(good, {
          sub: 'system:serviceaccount:team-b:builder',
          'kubernetes.io': { namespace: 'team-b', serviceaccount: { name: 'builder' } },
        }),
        'without a signature': `${good.slice(0, good.lastIndexOf('.'))}.`,
      }
      const found = await Promise.all(
        Object.entries(bad).map(async ([what, one]) => [what, await statusOf(one)] as const),
      )
      assert.deepEqual(
        found,
        Object.keys(bad).map((what) => [what, 401]),
      )
    })

    it('that stand in Secrets for ever are nothing, though the API server takes them', async () => {
      const account = { namespace: 'team-a', name: 'legacy' }
      await createAccount(cluster.api, account)
      const legacy = await makeLegacy(cluster, account, await token([AUDIENCE], account))
      const api = createApi(cluster, { token: legacy })
      const taken = await api.send('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {})
      api.close()
      assert.equal(taken.status, 201, 'the API server knows it')
      assert.equal(await statusOf(legacy), 401)
    })

    it('that are the same junk cost the API server one question at most, others none', async () => {
      const junk = tamper(await token(), { jti: 'x' })
      const foreign = await signAgain(cluster, await token(['other.example']), {
        iss: 'https://x.example',
      })
      await statusOf(await token())
      const earlier = await requests()
      const all = await Promise.all(
        Array.from({ length: 200 }, (_, i) => statusOf(i % 2 === 0 ? junk : foreign)),
      )
      assert.ok(all.every((status) => status === 401))
      const asked = (await requests()) - earlier
      assert.ok(asked <= (verify === 'review' ? 1 : 0), `${asked} questions`)
    })

    it('go on for a while when the API server is away, and no unknown one is let in', async () => {
      const [known, unknown] = [await token(), await token()]
      /** Statuses before and after; again where the machine was too late for what is known to be still known. */
      async function aroundCut(attempt = 0): Promise<readonly number[]> {
        link.mend()
        const begin = performance.now()
        const before = await statusOf(known)
        link.cut()
        const statuses = [before, await statusOf(known)]
        const isLate = performance.now() - begin > REMEMBER * 1000
        return isLate && attempt < 10 ? aroundCut(attempt + 1) : statuses
      }
      try {
        assert.deepEqual(await aroundCut(), [200, 200])
        assert.equal(await statusOf(unknown), verify === 'review' ? 503 : 200)
        if (verify === 'keys') return
        const { body } = await ask(rauth.operations, '/readyz')
        assert.match(body, /"serviceAccounts":"the API server reviews no token: /)
        await until('nothing is known any more', 20_000, async () => {
          return (await statusOf(known)) === 503
        })
      } finally {
        link.mend()
      }
      assert.equal(await statusOf(known), 200)
      assert.doesNotMatch((await ask(rauth.operations, '/readyz')).body, /"serviceAccounts":"/)
    })

    it('are nowhere in the log', async () => {
      const password = await token()
      const bad = tamper(password, { aud: [AUDIENCE, 'x'] })
      await login(password)
      await login(bad)
      const log = await rauth.log()
      for (const one of [password, bad]) assert.ok(!log.includes(one.split('.')[1] ?? ''))
    })
  })
}
