import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { makeCliFolder, type CliFolder } from '../support/cli-folder.ts'

const BASE = [
  'realm: https://registry.example/token',
  'listen: { token: localhost:0, gateway: 127.0.0.1:0, gatewayHttp: "[::1]:0", operations: 127.0.0.1:0 }',
  'credentials: { directory: secrets }',
  '',
].join('\n')

const TRACED = 'tracing: { endpoint: "http://127.0.0.1:4318", '

/** What serve refuses at its start, and that word of it. */
const UNUSABLE: readonly (readonly [what: string, settings: string, told: RegExp])[] = [
  [
    'a header for the collector that is none',
    `${TRACED}headersFile: unfit }`,
    /^tracing\.headersFile \S+unfit cannot be used: \S+unfit:1 is no line NAME: VALUE; next: /m,
  ],
  [
    'no CA of the collector',
    `${TRACED}authority: unfit }`,
    /^tracing\.authority \S+unfit has no certificate in PEM/m,
  ],
  [
    'a token of the live view that is too short',
    'liveView: { enabled: true, tokenFile: unfit }',
    /^liveView\.tokenFile \S+unfit must be 20 to 512 characters/m,
  ],
]

/** What serve can't do without, and how check-config names it. */
const MISSING: readonly (readonly [settings: string, named: string])[] = [
  [`${TRACED}headersFile: nowhere }`, 'tracing.headersFile'],
  [`${TRACED}authority: nowhere }`, 'tracing.authority'],
  ['liveView: { enabled: true, tokenFile: nowhere }', 'liveView.tokenFile'],
  ['audit: { to: ./nowhere/audit.log }', 'audit.to, the folder'],
]

describe('rauth check-config of the files that a configuration names', () => {
  let folder: CliFolder
  before(async () => {
    folder = await makeCliFolder({ unfit: 'too short' })
  })
  after(() => folder.remove())

  async function checkAndServe(settings: string) {
    await folder.write('rauth.yaml', BASE + settings)
    const check = await folder.rauth(['check-config', 'rauth.yaml'])
    const serve = await folder.rauth(['serve', '-c', 'rauth.yaml'], { timeout: 20_000 })
    assert.deepEqual([check.code, serve.code], [1, 1])
    assert.doesNotMatch(serve.stderr, /^ {4}at /m, 'it ends by a mistake of its own')
    return { check: check.stderr, serve: serve.stderr }
  }

  for (const [what, settings, told] of UNUSABLE) {
    it(`says no as serve does: ${what}`, async () => {
      const { check, serve } = await checkAndServe(settings)
      assert.match(check, told)
      assert.match(serve, told)
    })
  }

  for (const [settings, named] of MISSING) {
    it(`names what is not here, where serve does not start: ${named}`, async () => {
      const { check, serve } = await checkAndServe(settings)
      assert.match(check, new RegExp(`: ${named.replaceAll('.', '\\.')} \\S+nowhere is not here`))
      assert.match(serve, /nowhere/)
    })
  }
})
