import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { isMap, isSeq, type Document } from 'yaml'
import { freePort } from '../../tools/stack/ports.ts'
import { makeCliFolder, type CliFolder } from '../support/cli-folder.ts'
import { ask } from '../support/http.ts'
import { askDoctor, changedConfig } from '../support/doctor.ts'
import { makeTranscripts, withTranscripts } from '../support/transcripts.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** The page, from dist/test/e2e. */
const PAGE = path.resolve(import.meta.dirname, '../../../docs/cli.md')

/** A rauth of somebody else may have the usual port. */
const NO_OTHER = 'listen: { operations: 127.0.0.1:0 }\n'

/** Where Envoy's configuration has the filters that a request goes through. */
const FILTERS = [
  ...['static_resources', 'listeners', 0, 'filter_chains', 0, 'filters', 0],
  ...['typed_config', 'http_filters'],
]

function authorizerAt(document: Document): number {
  const filters: unknown = document.getIn(FILTERS)
  const items = isSeq(filters) ? filters.items : []
  return items.findIndex((one) => isMap(one) && one.get('name') === 'envoy.filters.http.ext_authz')
}

describe('rauth doctor', () => {
  let folder: CliFolder
  let stack: Stack
  before(async () => {
    folder = await makeCliFolder()
    stack = await startStack({ registry: '3', registryAuth: true, envoy: true })
  })
  after(async () => {
    await stack.stop()
    await folder.remove()
  })

  const doctor = (of: Stack, config: string) => askDoctor(folder, of, config)

  it('prints what docs/cli.md shows', async () => {
    const page = await readFile(PAGE, 'utf8')
    const directory = path.dirname(stack.config)
    const transcripts = await makeTranscripts(page, {
      ...{ directory, kind: 'console e2e' },
      names: new Map([
        ['http://localhost:5000', `http://127.0.0.1:${stack.upstream}`],
        ['http://localhost:5080', `http://localhost:${stack.entry}`],
      ]),
    })
    assert.ok(transcripts.length > 0)
    if (process.env['UPDATE_TRANSCRIPTS'] === '1') {
      await writeFile(PAGE, withTranscripts(page, transcripts))
      return
    }
    for (const { line, text, made } of transcripts) assert.equal(made, text, `docs/cli.md:${line}`)
  })

  const changed = (change: object) => changedConfig(folder, stack, change)

  it('finds nothing wrong with the quick start', async () => {
    const { code, findings, failures } = await doctor(stack, stack.config)
    assert.deepEqual([code, failures, findings.length], [0, [], 11])
    const { body } = await ask(stack.operations, '/metrics')
    assert.doesNotMatch(body, /reason="(?:service_unknown|request_malformed)"/)
  })

  it('finds another realm than the registry names', async () => {
    const realm = `http://127.0.0.1:${stack.token}/token`
    const { code, failures } = await doctor(stack, await changed({ realm }))
    assert.equal(code, 1)
    assert.deepEqual(
      failures.map(({ check }) => check),
      ['registry names realm and service'],
    )
    assert.match(
      failures[0]?.what ?? '',
      /realm is http:\S+ there, and http:\S+ here: make its auth\.token/,
    )
  })

  it('finds another service, and another issuer than the registry takes', async () => {
    const service = await doctor(stack, await changed({ service: 'other.io' }))
    assert.deepEqual(
      service.failures.map(({ check }) => check),
      ['registry names realm and service', 'registry takes tokens'],
    )
    const issuer = await doctor(stack, await changed({ issuer: 'other' }))
    assert.equal(issuer.code, 1)
    assert.deepEqual(
      issuer.failures.map(({ check }) => check),
      ['registry takes tokens'],
    )
    assert.match(issuer.failures[0]?.what ?? '', /answers 401 to a token of issuer other/)
  })

  it('finds keys that the registry does not trust', async () => {
    const { failures } = await doctor(
      stack,
      await changed({ keys: { directory: folder.file('keys') } }),
    )
    assert.deepEqual(
      failures.map(({ check }) => check),
      ['keys of the realm', 'registry takes tokens'],
    )
    assert.match(
      failures[0]?.what ?? '',
      /jwks\.json has no key .*: it is another rauth, or has other keys/,
    )
  })

  it('exits with 3 where nobody answers', async () => {
    const realm = `http://127.0.0.1:${await freePort()}/token`
    await folder.write('rauth.yaml', `realm: ${realm}\n${NO_OTHER}`)
    const { code, stdout } = await folder.rauth(['doctor'])
    assert.equal(code, 3)
    assert.match(stdout, /^unreachable +realm answers +http:\S+ does not answer: /m)
    assert.match(stdout, /^skipped +Envoy asks rauth +say where Envoy is: --envoy URL$/m)
  })

  it('says that Envoy can’t reach rauth where rauth is away, and not that its filter is', async () => {
    assert.ok(await stack.stopRauth())
    const { code, findings } = await doctor(stack, stack.config)
    await stack.startRauth()
    assert.equal(code, 1)
    const found = new Map(findings.map(({ check, ...rest }) => [check, rest]))
    assert.match(
      found.get('Envoy asks rauth')?.what ?? '',
      /^it answers 503 .*: Envoy has the ext_authz filter, and can’t reach rauth/,
    )
    assert.match(found.get('realm answers')?.what ?? '', /answers 503, .* does not reach it/)
    assert.equal(found.get('Envoy fails closed')?.state, 'ok')
    assert.equal(found.get('registry takes tokens')?.state, 'ok')
  })

  describe('of another clock', () => {
    let server: Server
    let port: number
    before(async () => {
      port = await freePort()
      server = createServer((_, response) => {
        response.writeHead(401, { date: new Date(Date.now() - 90_000).toUTCString() }).end()
      })
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    })
    after(() => server.close())

    it('says how far it is', async () => {
      await folder.write('rauth.yaml', `realm: http://127.0.0.1:${port}/token\n${NO_OTHER}`)
      const { code, stdout } = await folder.rauth(['doctor'])
      assert.equal(code, 1)
      assert.match(
        stdout,
        /^failed +clock of the realm +(89|9\d) s from this one, and token\.leeway is 10 s/m,
      )
      assert.match(stdout, /^failed +realm answers .*not as a rauth does/m)
    })
  })

  it('finds a fast lane of which rauth has one half, and Envoy not the other', async () => {
    const gateway = { fastLane: { enabled: true } }
    const { code, failures } = await doctor(stack, await changed({ gateway }))
    assert.equal(code, 1)
    assert.deepEqual(
      failures.map(({ check }) => check),
      ['fast lane'],
    )
    assert.match(failures[0]?.what ?? '', /enabled is true, and Envoy has not all of its filters/)
  })

  const BROKEN: readonly (readonly [
    what: string,
    edit: (document: Document) => void,
    findings: readonly (readonly [check: string, what: RegExp])[],
  ])[] = [
    [
      'asks nobody',
      (document) => document.deleteIn([...FILTERS, authorizerAt(document)]),
      [
        ['Envoy asks rauth', /the 401 is not of rauth/],
        ['Envoy does not wait for bodies', /rauth is not asked/],
        ['Envoy fails closed', /has no ext_authz filter/],
      ],
    ],
    [
      'lets everybody in while rauth is away',
      (document) => {
        document.setIn(
          [...FILTERS, authorizerAt(document), 'typed_config', 'failure_mode_allow'],
          true,
        )
      },
      [['Envoy fails closed', /failure_mode_allow is true/]],
    ],
    [
      'waits for bodies',
      (document) => {
        const body = document.createNode({
          max_request_bytes: 1024 * 1024,
          allow_partial_message: false,
        })
        document.setIn(
          [...FILTERS, authorizerAt(document), 'typed_config', 'with_request_body'],
          body,
        )
      },
      [
        ['Envoy does not wait for bodies', /an upload waits until its body is there/],
        ['Envoy fails closed', /with_request_body is there/],
      ],
    ],
  ]
  for (const [what, editEnvoy, expected] of BROKEN) {
    it(`finds an Envoy that ${what}`, async () => {
      const broken = await startStack({ registry: '3', registryAuth: true, envoy: true, editEnvoy })
      try {
        const { code, failures } = await doctor(broken, broken.config)
        assert.equal(code, 1)
        assert.deepEqual(
          failures.map(({ check }) => check),
          expected.map(([check]) => check),
        )
        for (const [at, [, text]] of expected.entries())
          assert.match(failures[at]?.what ?? '', text)
      } finally {
        await broken.stop()
      }
    })
  }
})
