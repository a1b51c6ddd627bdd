import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { craneClient, type CraneClient } from '../support/clients.ts'
import { ask, basic, fetchToken } from '../support/http.ts'
import { startStack, type Stack, type StackOptions } from '../support/stack.ts'
import { until } from '../support/until.ts'

const STACKS: readonly (readonly [name: string, options: StackOptions])[] = [
  ['registry 3', { registry: '3', registryAuth: true, envoy: true }],
  ['registry 2.8', { registry: '2.8', registryAuth: true, envoy: true }],
  ['registry 3 without auth', { registry: '3', registryAuth: false, envoy: true }],
  ['registry 2.8 without auth', { registry: '2.8', registryAuth: false, envoy: true }],
]

const CATALOG = 'registry:catalog:*'

interface Page {
  readonly repositories: readonly string[]
  readonly link: string | undefined
}

for (const [name, options] of STACKS) {
  describe(`the catalog through Envoy: ${name}`, () => {
    let stack: Stack
    let clients: Readonly<Record<'a' | 'b' | 'admin', CraneClient>>

    before(async () => {
      stack = await startStack({
        ...options,
        environment: {
          RAUTH_POLICY_PUBLIC: 'team-b/public/*',
          RAUTH_POLICY_ADMINISTRATORS: 'platform',
          // It asks again and again until a Secret is known.
          ...{ RAUTH_GUESSING_FAILURES: '0', RAUTH_GUESSING_PER_NETWORK: '0' },
        },
      })
      await stack.setPassword('platform', 'password-of-platform')
      await untilKnown(stack, 'platform')
      clients = {
        a: await craneClient(stack.registry, stack.login('team-a')),
        b: await craneClient(stack.registry, stack.login('team-b')),
        admin: await craneClient(stack.registry, stack.login('platform')),
      }
      const IMAGES = {
        a: ['team-a/app', 'team-a/0/first', 'team-a/web'],
        b: ['team-b/app', 'team-b/public/app', 'team-b/z'],
        admin: ['platform/tool'],
      } as const
      for (const who of ['a', 'b', 'admin'] as const) {
        for (const image of IMAGES[who]) {
          const pushed = await clients[who].push(image, `${stack.registry}/${image}:v1`)
          assert.equal(pushed.code, 0, pushed.output)
        }
      }
    })
    after(async () => {
      for (const client of Object.values(clients)) await client.remove()
      await stack.stop()
    })

    const tokenOf = (namespace: string, ...scopes: string[]) =>
      fetchToken(stack.token, stack.login(namespace), stack.service, ...scopes)

    async function page(token: string, query = ''): Promise<Page> {
      const answer = await ask(stack.entry, `/v2/_catalog${query}`, {
        headers: { authorization: `Bearer ${token}` },
      })
      assert.equal(answer.status, 200, answer.body)
      const { repositories } = JSON.parse(answer.body) as Page
      return { repositories, link: answer.headers['link'] }
    }

    const OF_A = ['team-a/0/first', 'team-a/app', 'team-a/web', 'team-b/public/app']
    const OF_B = ['team-b/app', 'team-b/public/app', 'team-b/z']
    const ALL = ['platform/tool', ...OF_A.slice(0, 3), ...OF_B]

    it('crane lists to each what it may pull, and all to an administrator', async () => {
      for (const [client, expected] of [
        [clients.a, OF_A],
        [clients.b, OF_B],
        [clients.admin, ALL],
      ] as const) {
        const listed = await client.crane('catalog', stack.registry)
        assert.equal(listed.code, 0, listed.output)
        assert.deepEqual(listed.stdout.trim().split('\n'), expected)
      }
    })

    it('any token will do, and an administrator sees all only with one for the catalog', async () => {
      const { repositories } = await page(await tokenOf('team-a', 'repository:team-a/app:pull'))
      assert.deepEqual(repositories, OF_A)
      const lesser = await page(await tokenOf('platform'))
      assert.deepEqual(lesser.repositories, ['platform/tool', 'team-b/public/app'])
    })

    it('pages by links, in which nothing is hidden either', async () => {
      const token = await tokenOf('team-a', CATALOG)
      const seen: string[] = []
      let query: string | undefined = '?n=1'
      while (query !== undefined) {
        const { repositories, link } = await page(token, query)
        seen.push(...repositories)
        if (link !== undefined) {
          assert.equal(
            link,
            `</v2/_catalog?last=${encodeURIComponent(repositories.at(-1) ?? '')}&n=1>; rel="next"`,
          )
        }
        query = link === undefined ? undefined : /\?[^>]+/.exec(link)?.[0]
      }
      assert.deepEqual(seen, OF_A)
    })

    it('without credentials there is what is public, with a token for it', async () => {
      const refused = await ask(stack.entry, '/v2/_catalog')
      assert.equal(refused.status, 401)
      assert.equal(
        refused.headers['www-authenticate'],
        `Bearer realm="${stack.realm}",service="${stack.service}",scope="${CATALOG}"`,
      )
      const anonymous = await ask(
        stack.token,
        `/token?service=${stack.service}&scope=repository:team-b/public/app:pull`,
      )
      const { token } = JSON.parse(anonymous.body) as { token: string }
      assert.deepEqual((await page(token)).repositories, ['team-b/public/app'])
    })

    it('knows the spellings that Envoy makes one, and refuses the others', async () => {
      const token = await tokenOf('team-a', CATALOG)
      const authorization = `Bearer ${token}`
      for (const [path, status] of [
        ['/v2/%5Fcatalog', 200],
        ['/v2/x/../_catalog', 200],
        ['/v2/_catalog/', 404],
        ['/v2/_catalog?n=-1', 400],
        ['/v2/_catalog?x=1', 400],
        ['/v2/_catalog%2F', 400],
        ['/V2/_catalog', 404],
      ] as const) {
        const answer = await ask(stack.entry, path, { headers: { authorization } })
        assert.equal(answer.status, status, `${path}: ${answer.body}`)
        assert.doesNotMatch(answer.body + JSON.stringify(answer.headers), /team-b\/(app|z)/)
      }
      for (const method of ['HEAD', 'POST', 'DELETE']) {
        const answer = await ask(stack.entry, '/v2/_catalog', {
          method,
          headers: { authorization },
        })
        assert.equal(answer.status, 405)
        assert.equal(answer.headers['allow'], 'GET')
      }
      const basics = { authorization: basic('team-a', stack.login('team-a').password) }
      assert.equal((await ask(stack.entry, '/v2/_catalog', { headers: basics })).status, 401)
    })

    it('is closed at once to a token whose Secret is gone', async () => {
      const authorization = `Bearer ${await tokenOf('team-b', CATALOG)}`
      const status = async () =>
        (await ask(stack.entry, '/v2/_catalog', { headers: { authorization } })).status
      assert.equal(await status(), 200)
      await stack.removeSecret('team-b')
      await until('another answer', 20_000, async () => (await status()) !== 200)
      assert.equal(await status(), 401)
    })
  })
}

describe('the catalog that no registry is configured for', () => {
  it('is closed, also to administrators', async () => {
    const stack = await startStack({
      ...{ registry: '3', registryAuth: true, envoy: true, catalog: false },
      environment: { RAUTH_POLICY_ADMINISTRATORS: 'team-a' },
    })
    try {
      for (const namespace of ['team-a', 'team-b']) {
        const token = await fetchToken(stack.token, stack.login(namespace), stack.service, CATALOG)
        const headers = { authorization: `Bearer ${token}` }
        const answer = await ask(stack.entry, '/v2/_catalog', { headers })
        assert.equal(answer.status, 403)
        assert.match(answer.body, /"code":"DENIED".*"reason":"catalog_closed"/)
      }
    } finally {
      await stack.stop()
    }
  })
})

/** Waits until rauth has seen the Secret of a namespace. */
async function untilKnown(stack: Stack, namespace: string): Promise<void> {
  await until(`${namespace} is known`, 20_000, () =>
    fetchToken(stack.token, stack.login(namespace), stack.service).then(
      () => true,
      () => false,
    ),
  )
}
