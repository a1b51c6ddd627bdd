import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { readWhat } from '../../src/commands/explain/what.ts'
import { RauthError } from '../../src/errors.ts'
import { makeCliFolder, type CliFolder } from '../support/cli-folder.ts'

const CANARY = 'Canary7canary8CANARY9canary0'
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const TOKEN = [part({ alg: 'ES256' }), part({ sub: 'a' }), CANARY.repeat(3)].join('.')
const http = { method: 'GET', path: '/v2/', headers: { authorization: `Bearer ${TOKEN}` } }
const CHECK = JSON.stringify({ attributes: { request: { http } } })
const SECRET = `apiVersion: v1\nkind: Secret\nstringData:\n  username: team-a\n  password: ${CANARY}\n`

/** What a file or an argument holds that can't be explained, and what is said of it, by its name. */
const INPUTS: readonly (readonly [name: string, text: string, said: RegExp])[] = [
  ['a CheckRequest cut short', CHECK.slice(0, -2), /NAME:1:\d{3} is not JSON/],
  [
    'a CheckRequest on lines, with a value that is none',
    `{ "attributes": { "request": { "http": {\n  "path": <hidden>, "x": "${CANARY}" } } } }`,
    /NAME:2:11 is not JSON/,
  ],
  [
    'a CheckRequest with a comma too many',
    `{ "attributes": { "x": "${CANARY}",\n } }`,
    /NAME:2:2 is not JSON/,
  ],
  ['JSON with a value left out', `{ "attributes": , "x": "${CANARY}" }`, /NAME is not JSON/],
  [
    'a CheckRequest with a key off by a letter',
    CHECK.replace('attributes', 'atributes'),
    /NAME is no CheckRequest: it has no object "attributes"; next: /,
  ],
  [
    'a CheckRequest without a request',
    CHECK.replace('"request"', '"reqest"'),
    /NAME is no CheckRequest: it has no object "attributes\.request"; next: /,
  ],
  [
    'attributes without http',
    JSON.stringify({ request: { htp: http } }),
    /NAME is no CheckRequest: it has no object "request\.http"; next: /,
  ],
  ['a Secret in JSON', JSON.stringify({ data: { password: CANARY } }), /NAME is no CheckRequest/],
  [
    'a token without its end',
    `Bearer ${TOKEN.replaceAll('.', '')}`,
    /NAME looks like a token and is none/,
  ],
]

/** The same of what an argument would be told otherwise. */
const FILES: typeof INPUTS = [
  ['a Secret', SECRET, /NAME has no CheckRequest .* no scope in it; next: /],
  ['a login of Basic', `Basic ${CANARY}`, /NAME has no CheckRequest/],
  [
    'a scope with a slip',
    `repository:${CANARY}:pull,7`,
    /NAME has .* \(scope 1 of 1: actions\); next: /,
  ],
  ['nothing', ' \n', /NAME is empty; next: /],
]

describe('what rauth explain is given', () => {
  let folder: CliFolder
  before(async () => {
    folder = await makeCliFolder()
  })
  after(() => folder.remove())

  async function refusal(words: readonly string[]): Promise<string> {
    const error: unknown = await readWhat(words).catch((thrown: unknown) => thrown)
    assert.ok(error instanceof RauthError && error.code === 'ERR_USAGE')
    const { message } = error
    assert.doesNotMatch(message, /canary|\n/i)
    return message
  }
  const of = (said: RegExp, name: string) =>
    new RegExp(`^error: ${said.source.replace('NAME', name)}`)

  for (const [what, text, said] of [...INPUTS, ...FILES]) {
    it(`names the file, never what is in it: ${what}`, async () => {
      await folder.write('given\n.txt', text)
      const message = await refusal([folder.file('given\n.txt')])
      assert.match(message, of(said, String.raw`/\S+/given\\u000a\.txt`))
      assert.doesNotMatch(message, /is no file/)
    })
  }

  for (const [what, text, said] of INPUTS) {
    it(`does not quote an argument either: ${what}`, async () => {
      assert.match(await refusal([text]), of(said, 'the argument'))
    })
  }

  it('quotes an argument where a slip is to be seen, and not one that may be a secret', async () => {
    for (const [words, quoted] of [
      [['chek-request'], true],
      [['repository:team-a/app'], true],
      [[CANARY], false],
      [['Basic', 'dGVhbS1hOg=='], false],
      [[SECRET], false],
      [['team-a/'.repeat(20)], false],
    ] as const) {
      const message = await refusal(words)
      assert.match(message, /is no file, no token, no decision id and no scope/)
      assert.equal(message.includes(words.join(' ')), quoted, message)
    }
  })

  it('says of the name of a file that is not there that there is none', async () => {
    const hidden = `/${CANARY}`
    for (const [name, shown] of [
      ...['chek-request.json', '/nope', './a/b', '../token.txt', 'x.YAML'].map((one) => [one, one]),
      [hidden, 'an argument of 29 characters'],
    ] as const) {
      const message = await refusal([name])
      assert.match(
        message,
        /: there is no such file; next: see from where its name counts, or name a file/,
      )
      assert.ok(message.includes(shown), message)
    }
  })

  it('takes a header as it is, in two words, and one file at a time', async () => {
    assert.deepEqual(await readWhat(['Bearer', TOKEN]), { kind: 'token', token: TOKEN })
    await folder.write('one', CHECK)
    assert.match(await refusal([folder.file('one'), 'two']), /one is a file, and of files one is/)
  })

  it('names stdin', async () => {
    const { code, stdout, stderr } = await folder.rauth(['explain', '-'], {
      input: CHECK.slice(0, -2),
    })
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, /^error: stdin:1:\d{3} is not JSON[^\n]*\n$/)
    assert.doesNotMatch(stderr, /canary/i)
  })

  it('quotes nothing with the other commands that read files', async () => {
    for (const text of [CHECK.slice(0, -2), SECRET]) {
      await folder.write('given', text)
      await folder.write('policy.yaml', 'rules: []\n')
      for (const command of [
        'decode given',
        'policy test given --policy policy.yaml',
        'policy lint --policy given',
        'can-i pull a/b --as a --policy given',
        'migrate docker-auth given -o out',
        'migrate htpasswd given -o out',
        'check-config -c given',
      ]) {
        const { code, stdout, stderr } = await folder.rauth(command.split(' '))
        assert.notEqual(code, 0, command)
        assert.match(stderr, /\bgiven\b/, command)
        assert.doesNotMatch(stdout + stderr, /canary/i, command)
      }
    }
  })
})
