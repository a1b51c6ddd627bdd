import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { parse, stringify } from 'yaml'
import type { Judged } from '../../src/serve/asking/judge.ts'
import type { Explanation } from '../../src/policy/explain.ts'
import { makeCliFolder, type CliFolder } from '../support/cli-folder.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { replaceFile } from '../../tools/stack/state.ts'
import { ask, basic, fetchToken } from '../support/http.ts'
import { SERVICE, startServing, type Serving } from '../support/serving.ts'
import { until } from '../support/until.ts'

const POLICY = `rules:
  - { match: { namespace: '*', name: '\${namespace}/**' }, actions: ['*'] }
  - { match: { name: 'library/**', tags: ['v*'] }, actions: [] }
  - { match: { name: 'library/**' }, actions: [pull] }
gateway: true
`

type Told = Judged['record'] & { readonly explanation?: Explanation }

describe('rauth explain', () => {
  let serving: Serving
  let folder: CliFolder
  const login = { username: 'team-a', password: 'a long random text' }

  before(async () => {
    folder = await makeCliFolder({ 'policy.yaml': POLICY })
    serving = await startServing({
      logins: [login],
      config: {
        policy: { file: folder.file('policy.yaml') },
        // It asks again and again until a Secret is known.
        guessing: { failures: 0, perNetwork: 0 },
      },
    })
  })
  after(async () => {
    await serving.stop()
    await folder.remove()
  })

  async function explain(...args: readonly string[]) {
    const { code, stdout, stderr } = await folder.rauth([
      'explain',
      ...args,
      '-o',
      'json',
      '-c',
      serving.config,
    ])
    assert.ok(code === 0 || code === 1, stderr)
    return { code, ...(JSON.parse(stdout) as Told) }
  }

  const token = (scope: string) => fetchToken(serving.token, login, SERVICE, scope)
  const check = (path: string, authorization: string, more: object = {}) => ({
    attributes: {
      source: { address: { socketAddress: { address: '10.1.2.3' } } },
      request: { http: { method: 'GET', path, headers: { authorization } } },
      ...more,
    },
  })

  it('tells what of a token is good now, by the very flow of the gateway', async () => {
    await folder.write('token', await token('repository:team-a/app:pull'))
    const good = await explain('token')
    assert.deepEqual([good.code, good.outcome, good.rule], [0, 'allowed', 'policy.yaml:2'])
    assert.deepEqual(good.credentials, ['team-a/registry-credentials'])
    assert.equal(good.explanation?.resources[0]?.name, 'team-a/app')
  })

  it('tells that the credential of a token is gone, and what it could do else', async () => {
    const other = { username: 'team-c', password: 'another long text' }
    await serving.writeSecret('team-c', other)
    const scope = 'repository:team-c/app:pull'
    let fresh = ''
    await until('team-c can log in', 20_000, async () => {
      fresh = await fetchToken(serving.token, other, SERVICE, scope).catch(() => '')
      return fresh !== ''
    })
    assert.equal((await explain(fresh)).outcome, 'allowed')
    await serving.removeSecret('team-c')
    const { code, reason, explanation } = await explain(fresh)
    assert.deepEqual([code, reason], [1, 'credential_revoked'])
    assert.equal(explanation?.resources[0]?.actions[0]?.allowed, true)
  })

  it('takes nobody’s word for a token: what does not verify is refused', async () => {
    const [header = '', payload = ''] = (await token('repository:team-a/app:pull')).split('.')
    const { reason, detail } = await explain(`${header}.${payload}.AAAA`)
    assert.deepEqual([reason, detail], ['token_invalid', 'signature'])
  })

  it('judges a recorded CheckRequest, in either spelling, as the gateway does', async () => {
    const bearer = `Bearer ${await token('repository:library/base:pull')}`
    const path = '/v2/library/base/manifests/v1'
    await folder.write('check.json', JSON.stringify(check(path, bearer)))
    const camel = await explain('check.json')
    assert.deepEqual([camel.code, camel.reason, camel.rule], [1, 'access_denied', 'policy.yaml:3'])
    assert.equal(camel.address, '10.1.2.3')
    const { request } = check(path, bearer).attributes
    const snake = {
      source: { address: { socket_address: { address: '10.1.2.3' } } },
      request: {
        http: {
          ...{ ...request.http, headers: {} },
          header_map: {
            headers: [{ key: 'authorization', raw_value: Buffer.from(bearer).toString('base64') }],
          },
        },
      },
    }
    await folder.write('check.json', JSON.stringify({ attributes: snake }))
    const other = await explain('check.json')
    assert.deepEqual({ ...other, id: '' }, { ...camel, id: '' })
  })

  it('asks for somebody else than the token of a CheckRequest, which may be left out of it', async () => {
    await folder.write(
      'check.json',
      JSON.stringify(check('/v2/team-a/app/tags/list', '[redacted]')),
    )
    assert.equal((await explain('check.json')).reason, 'authorization_malformed')
    assert.equal((await explain('check.json', '--as', 'team-a')).outcome, 'allowed')
    const role = ['--label', 'role=dev']
    assert.equal((await explain('check.json', '--as', 'team-b', ...role)).reason, 'access_denied')
    const unknown = await explain('check.json', '--as', 'team-b')
    assert.deepEqual(
      [unknown.code, unknown.status, unknown.reason],
      [1, 401, 'credentials_invalid'],
    )
    assert.match(
      unknown.detail ?? '',
      /^no credential is here for user team-b of namespace team-b$/,
    )
    assert.equal((await explain('check.json', '--anonymous')).reason, 'login_required')
  })

  describe('a CheckRequest that needs more than files', () => {
    const CONFIG = { gateway: { basic: true, registry: 'http://127.0.0.1:9' } }
    const RULES =
      "[{ match: { namespace: '*', name: '${namespace}/**' }, tags: { immutable: ['v*'] }, actions: ['*'] }]"
    const judge = async (method: string, authorization: string, ...more: readonly string[]) => {
      const { attributes } = check('/v2/team-a/app/manifests/v1', authorization)
      const http = { ...attributes.request.http, method }
      await folder.write('check.json', JSON.stringify({ attributes: { request: { http } } }))
      const served = parse(await readFile(serving.config, 'utf8')) as object
      const policy = { file: folder.file('once.yaml') }
      await folder.write('once.yaml', `gateway: true\nrules: ${RULES}\n`)
      await folder.write('more.yaml', stringify({ ...served, ...CONFIG, policy }))
      return folder.rauth(['explain', 'check.json', '-c', 'more.yaml', ...more])
    }

    it('has no verdict where it has a password: exit 2, with what to do', async () => {
      const authorization = basic('team-a', login.password)
      const { code, stdout, stderr } = await judge('GET', authorization)
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, /a password in a CheckRequest are not looked at here: .* --as/)
      assert.equal((await judge('GET', authorization, '--as', 'team-a')).code, 0)
    })

    it('says of a tag that is written once that the registry is not asked for it', async () => {
      const bearer = `Bearer ${await token('repository:team-a/app:pull,push')}`
      const pushed = await judge('PUT', bearer)
      assert.match(
        pushed.stderr,
        /^the registry is not asked whether it has v1 already.*as if it has not$/m,
      )
      assert.deepEqual([pushed.code, /^outcome +(.*)$/m.exec(pushed.stdout)?.[1]], [0, 'allowed'])
      const pulled = await judge('GET', bearer)
      assert.deepEqual([pulled.code, pulled.stderr], [0, ''])
    })
  })

  it('says of a path that is no request to a registry that it is none', async () => {
    await folder.write('check.json', JSON.stringify(check('/v2/a/../b/tags/list', 'Bearer x')))
    const { reason, explanation } = await explain('check.json')
    assert.deepEqual([reason, explanation], ['path_invalid', undefined])
  })

  it('asks the operations port about a decision, with the rules that it came from', async () => {
    const scope = 'repository:team-b/app:pull repository:team-a/app:pull'
    const answer = await ask(serving.gatewayHttp, '/v2/team-b/app/tags/list', {
      headers: { authorization: `Bearer ${await token(scope)}` },
    })
    assert.equal(answer.status, 403)
    const { decision } = (JSON.parse(answer.body) as { errors: [{ detail: { decision: string } }] })
      .errors[0].detail
    for (const more of [[], ['--operations', `http://127.0.0.1:${serving.operations}`]]) {
      const told = await explain(decision, ...more)
      assert.deepEqual([told.code, told.id, told.half], [1, decision, 'gateway'])
      assert.deepEqual(told.credentials, ['team-a/registry-credentials'])
      const { body } = await ask(serving.operations, `/decisions/${decision}`)
      const all = { code: 1, ...(JSON.parse(body) as object) }
      assert.deepEqual(told, all, 'nothing of it is lost')
      const [resource] = told.explanation?.resources ?? []
      assert.deepEqual(resource?.actions[0], {
        ...{ action: 'pull', allowed: false, because: 'no rule' },
      })
      assert.deepEqual(
        resource.holders[0]?.tried.map(({ rule, matches }) => [rule, matches]),
        ['policy.yaml:2', 'policy.yaml:3', 'policy.yaml:4'].map((rule) => [rule, 'no']),
      )
    }
  })

  it('says where a request went that none of a registry is, and what to do', async () => {
    const answer = await ask(serving.gatewayHttp, '/index.html')
    const { decision } = (JSON.parse(answer.body) as { errors: [{ detail: { decision: string } }] })
      .errors[0].detail
    const { code, stdout, stderr } = await folder.rauth(['explain', decision, '-c', serving.config])
    assert.deepEqual([code, stderr], [1, ''])
    assert.match(stdout, /^request +GET \/index\.html$/m)
    assert.match(stdout, /^next +\S/m)
  })

  it('says that another policy decides by now than the one of a decision', async () => {
    const answer = await ask(serving.gatewayHttp, '/v2/team-b/app/tags/list', {
      headers: { authorization: `Bearer ${await token('repository:team-b/app:pull')}` },
    })
    const { decision } = (JSON.parse(answer.body) as { errors: [{ detail: { decision: string } }] })
      .errors[0].detail
    const tell = () => folder.rauth(['explain', decision, '-c', serving.config])
    const same = await tell()
    assert.equal(same.stderr, '')
    const [, version = ''] = /^policy +version (\w{12})$/m.exec(same.stdout) ?? []
    const running = async () => (await ask(serving.operations, '/metrics')).body
    assert.ok((await running()).includes(`rauth_policy_info{version="${version}"}`))
    try {
      await replaceFile(folder.file('policy.yaml'), `# one more line\n${POLICY}`)
      await until('it is taken', 30_000, async () => !(await running()).includes(version))
      const other = await tell()
      assert.equal(other.code, 1)
      // What is kept of a policy that is over may be gone at any time.
      assert.match(
        other.stderr,
        new RegExp(
          `^(?:this was decided by version ${version} of the policy, .* version \\w{12} decides by now|` +
            'another policy decides by now than the one of this decision, whose lines these are)\n$',
        ),
      )
    } finally {
      await replaceFile(folder.file('policy.yaml'), POLICY)
      await until('it is back', 30_000, async () => (await running()).includes(version))
    }
  })

  it('has no answer by what is no rauth, though it has JSON with that id', async () => {
    const id = '3e0b7a55-3f4c-4a0a-9d6e-5b1f0a3c2d11'
    const server = createServer((_, response) => response.end(JSON.stringify({ id, rule: {} })))
    server.listen(0, '127.0.0.1')
    try {
      await once(server, 'listening', { signal: AbortSignal.timeout(20_000) })
      const { port } = server.address() as AddressInfo
      for (const more of [[], ['-o', 'json']]) {
        const { code, stdout, stderr } = await folder.rauth([
          ...['explain', id, '--operations', `http://127.0.0.1:${port}`],
          ...more,
        ])
        assert.deepEqual([code, stdout], [2, ''])
        assert.match(
          stderr,
          /^http:\S+ answers 200, and not as .* a rauth does \(see half: .*\); next: name that port, .*\n$/,
        )
      }
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  it('says what to do about a decision that is not there, and exits with 3 if nobody is', async () => {
    const id = '3e0b7a55-3f4c-4a0a-9d6e-5b1f0a3c2d11'
    const unknown = await folder.rauth(['explain', id, '-c', serving.config])
    assert.equal(unknown.code, 2)
    assert.match(
      unknown.stderr,
      /does not know the decision .* ask the replica that made it, .*"requestId" the id is that of Envoy/,
    )
    const elsewhere = await folder.rauth([
      'explain',
      id,
      '--operations',
      `http://localhost:${serving.token}`,
    ])
    assert.equal(elsewhere.code, 2)
    assert.match(
      elsewhere.stderr,
      /answers 404, and not as the operations port of a rauth does; next: /,
    )
    const nowhere = `http://127.0.0.1:${await freePort()}`
    const nobody = await folder.rauth(['explain', id, '--operations', nowhere])
    assert.equal(nobody.code, 3)
    assert.match(nobody.stderr, /^http:\S+\/decisions\/\S+ does not answer: .*ECONNREFUSED/)
  })
})
