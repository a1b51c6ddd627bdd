import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createConfig, lint } from '@redocly/openapi-core'
import fc from 'fast-check'
import { REASONS, refusalKind } from '../../src/refusal.ts'
import { ask, basic, fetchToken, type Answer, type Question } from '../support/http.ts'
import { OPENAPI, readOpenApi } from '../support/openapi.ts'
import { exchange, head } from '../support/wire.ts'
import { SERVICE, startServing, type Serving } from '../support/serving.ts'

const api = readOpenApi()
const LOGIN = { username: 'team-a', password: 'a long random text' }
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const SCOPE = 'repository:team-a/app:pull,push'

/** What no test here makes rauth say, and which one does. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'GET /token 408': 'test/integration/token-http/server.test.ts',
  'GET /token 413': 'test/integration/token-http/server.test.ts',
  'POST /token 408': 'test/integration/token-http/form.test.ts',
  'GET /token 503': 'test/integration/token-http/server.test.ts',
  'POST /token 503': 'test/integration/token-http/server.test.ts',
  'GET /v2/_catalog 403': 'test/e2e/catalog.test.ts',
  'GET /health 503': 'test/integration/serve.test.ts',
  'GET /readyz 503': 'test/integration/serve.test.ts',
}

describe('docs/openapi.yaml', () => {
  it('is a good OpenAPI document, examples and all', async () => {
    const config = await createConfig({ extends: ['recommended-strict'] })
    const problems = await lint({ ref: OPENAPI, config })
    assert.deepEqual(
      problems.map(({ ruleId, message }) => `${ruleId}: ${message}`),
      [],
    )
  })

  it('has every code and reason of a refusal, and the version of the package', () => {
    const { schemas } = api.document.components
    const kinds = REASONS.map(refusalKind)
    const values = (of: readonly string[]) => [...new Set(of)].sort()
    const told = (name: string) => [...(schemas[name]?.enum ?? [])].sort()
    assert.deepEqual(told('Reason'), values(REASONS))
    assert.deepEqual(told('Code'), values(kinds.map(({ code }) => code)))
    assert.deepEqual(told('OAuthError'), values(kinds.map(({ oauth }) => oauth)))
    const root = path.resolve(import.meta.dirname, '../../..')
    const text = readFileSync(path.join(root, 'package.json'), 'utf8')
    assert.equal(api.document.info.version, (JSON.parse(text) as { version: string }).version)
  })

  describe('of a running rauth', () => {
    const seen = new Set<string>()
    let serving: Serving
    let pages: Answer
    const registry = createServer((request, response) => {
      if (request.url?.startsWith('/v2/_catalog') !== true) response.writeHead(404).end()
      else {
        response.writeHead(pages.status, { 'content-type': 'application/json' }).end(pages.body)
      }
    })
    before(async () => {
      await new Promise<void>((resolve) => registry.listen({ host: '127.0.0.1', port: 0 }, resolve))
      const { port } = registry.address() as AddressInfo
      serving = await startServing({
        logins: [LOGIN],
        config: {
          token: { refresh: { enabled: true } },
          catalog: { registry: `http://127.0.0.1:${port}` },
          guessing: { failures: 3, perNetwork: 0 },
        },
      })
    })
    after(async () => {
      await serving.stop()
      registry.close()
    })

    const OPERATIONS = ['/livez', '/readyz', '/metrics', '/decisions/{id}']

    /** Asks, and holds the answer to the document. */
    async function judged(
      template: string,
      target: string,
      question: Question = {},
    ): Promise<Answer> {
      const port = OPERATIONS.includes(template) ? serving.operations : serving.token
      const { method = 'GET' } = question
      const answer = await ask(port, target, question)
      seen.add(`${method} ${template} ${answer.status}`)
      const found = api.problems(method, template, answer)
      assert.deepEqual(found, [], `${method} ${target} ${JSON.stringify(question)}`)
      return answer
    }
    /** The same of what is no HTTP, and of too much of it. */
    async function judgedWhole(template: string, target: string): Promise<void> {
      await judged(template, target, large)
      const bytes = head(`GET ${target} HTTP/1.1`, 'Host: a', 'no header')
      const { text, statuses, body } = await exchange(serving.operations, bytes)
      const status = statuses[0] ?? assert.fail(text)
      seen.add(`GET ${template} ${status}`)
      const headers = { 'content-type': /^content-type: (.*)\r$/im.exec(text)?.[1] ?? '' }
      assert.deepEqual(api.problems('GET', template, { status, headers, body }), [], target)
    }
    const login = (username: string, password: string) => ({
      headers: { authorization: basic(username, password) },
    })
    const form = (parts: Readonly<Record<string, string>>) => ({
      method: 'POST',
      headers: FORM,
      body: new URLSearchParams({ service: SERVICE, ...parts }).toString(),
    })
    /** To the parser of HTTP it is no request. */
    const broken = { headers: { 'transfer-encoding': 'x' } }
    const large = { headers: { 'x-large': 'x'.repeat(17_000) } }

    it('answers for tokens as it says', async () => {
      const query = `/token?service=${SERVICE}&scope=${SCOPE}`
      const good = login(LOGIN.username, LOGIN.password)
      await judged('/token', query, good)
      await judged('/token', `${query}&offline_token=true`, good)
      await judged('/token', `/token?service=${SERVICE}`, good)
      await judged('/token', '/token', good)
      await judged('/token', `${query}&scope=x`, good)
      await judged('/token', query)
      await judged('/token', query, large)
      await judged('/token', query, broken)
      const password = { grant_type: 'password', ...LOGIN }
      const { body } = await judged(
        '/token',
        '/token',
        form({ ...password, access_type: 'offline' }),
      )
      const { refresh_token } = JSON.parse(body) as { refresh_token: string }
      await judged(
        '/token',
        '/token',
        form({ grant_type: 'refresh_token', refresh_token, scope: SCOPE }),
      )
      await judged('/token', '/token', form({ grant_type: 'client_credentials' }))
      await judged('/token', '/token', { method: 'POST', body: '{}' })
      await judged('/token', '/token', { ...form({}), body: 'x'.repeat(17_000) })
      await judged('/token', '/token', { ...form({}), headers: { ...FORM, ...large.headers } })
      for (let i = 0; i < 4; i += 1) {
        await judged('/token', query, login('team-a', `wrong ${i}`))
        await judged('/token', '/token', form({ ...password, password: `wrong ${i}` }))
      }
    })

    it('answers for keys, health and operations as it says', async () => {
      for (const [template, ...targets] of [
        ['/jwks.json', '/jwks.json', '/jwks.json?x=y'],
        ['/.well-known/openid-configuration', '/.well-known/openid-configuration'],
        ['/health', '/health', '/healthz'],
        ['/livez', '/livez', '/livez?verbose', '/livez?exclude=event-loop'],
        ['/readyz', '/readyz', '/readyz?verbose', '/readyz?verbose=1&exclude=keys&exclude=x'],
        ['/metrics', '/metrics'],
      ] as const) {
        for (const target of targets) await judged(template, target)
        if (OPERATIONS.includes(template)) await judgedWhole(template, targets[0])
        else await judged(template, targets[0], broken)
      }
      const refused = await judged('/token', `/token?service=${SERVICE}&scope=${SCOPE}`)
      const { errors } = JSON.parse(refused.body) as { errors: [{ detail: { decision: string } }] }
      await judged('/decisions/{id}', `/decisions/${errors[0].detail.decision}`)
      await judged('/decisions/{id}', '/decisions/other')
      await judgedWhole('/decisions/{id}', '/decisions/other')
    })

    it('answers for the catalog as it says', async () => {
      const token = await fetchToken(serving.token, LOGIN, SERVICE)
      const headers = { authorization: `Bearer ${token}` }
      const body = JSON.stringify({ repositories: ['team-a/app', 'team-a/base', 'team-b/app'] })
      pages = { status: 200, headers: {}, body }
      const first = await judged('/v2/_catalog', '/v2/_catalog?n=1', { headers })
      assert.ok(first.headers['link'])
      await judged('/v2/_catalog', '/v2/_catalog', { headers })
      for (const bad of ['?n=x', '?n=1001', '?last=A', '?x=y', '?n=%']) {
        await judged('/v2/_catalog', `/v2/_catalog${bad}`, { headers })
      }
      await judged('/v2/_catalog', '/v2/_catalog')
      await judged('/v2/_catalog', '/v2/_catalog', broken)
      await judged('/v2/_catalog', '/v2/_catalog', large)
      pages = { status: 500, headers: {}, body: '' }
      await judged('/v2/_catalog', '/v2/_catalog', { headers })
    })

    it('answers whatever comes as it says', async () => {
      const texts = fc.oneof(
        fc.string({ unit: 'grapheme' }).map(encodeURIComponent),
        fc.constantFrom(SERVICE, SCOPE, 'repository:a/b:pull', 'true', '', '%', '%00', '1'),
      )
      const names = fc.oneof(
        fc.constantFrom('service', 'scope', 'account', 'n', 'last', 'verbose', 'exclude'),
        fc.constantFrom('password', 'offline_token', 'grant_type', 'username', 'refresh_token'),
        texts,
      )
      const pairs = fc.array(
        fc.tuple(names, texts).map((pair) => pair.join('=')),
        { maxLength: 6 },
      )
      const credentials = fc.constantFrom(
        '',
        'Basic',
        'Basic Og==',
        'Bearer x',
        'Bearer a.b.c',
        'x',
      )
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...Object.keys(api.document.paths)),
          pairs.map((all) => all.join('&')),
          credentials,
          fc.boolean(),
          async (template, query, authorization, posts) => {
            const headers = authorization === '' ? {} : { authorization }
            if (posts && template === '/token') {
              const question = { method: 'POST', headers: { ...FORM, ...headers }, body: query }
              await judged(template, template, question)
            } else await judged(template, `${template.replace('{id}', 'x')}?${query}`, { headers })
          },
        ),
        { numRuns: 300 },
      )
    })

    it('takes no method that it does not say', async () => {
      for (const [template, item] of Object.entries(api.document.paths)) {
        for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
          if (method.toLowerCase() in item) continue
          const port = OPERATIONS.includes(template) ? serving.operations : serving.token
          const { status, headers } = await ask(port, template.replace('{id}', 'x'), { method })
          assert.equal(status, 405, `${method} ${template}`)
          assert.match(headers['allow'] ?? '', /\bGET\b/)
        }
      }
    })

    it('gives every answer that it says, here or in the test that is named', () => {
      const missing = api.described.filter((one) => !seen.has(one) && !(one in ELSEWHERE))
      assert.deepEqual(missing, [])
      const root = path.resolve(import.meta.dirname, '../../..')
      for (const [one, test] of Object.entries(ELSEWHERE)) {
        const status = one.split(' ')[2] ?? ''
        assert.ok(readFileSync(path.join(root, test), 'utf8').includes(status), one)
        assert.ok(api.described.includes(one), `${one} is not described`)
      }
    })
  })
})
