import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { auditLines } from '../support/audit-lines.ts'
import { hashSync } from '../support/bcrypt.ts'
import { ask, basic, fetchToken, type Answer, type Question } from '../support/http.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { until } from '../support/until.ts'

/**
 * Secrets go in at every door, good ones and wrong ones, well-formed and not; none may come out
 * anywhere: not in a log, however much is logged, not in a metric, not in an answer.
 */

/** A password that is not right, in forms that take other ways through the parsers. */
const WRONG_PASSWORDS = [
  'canary-wrong-password',
  'canary:with:colons',
  'canary-with-ünïcödé',
  'canary-with-a-\u0000-control',
  `canary-long-${'x'.repeat(3000)}`,
  '{"canary":"json"}',
  'canary%2Dpercent',
]

/** How long an answer to what is no request is waited for, milliseconds. */
const PATIENCE = 1_500

describe('secrets that were sent', () => {
  let stack: Stack
  /** What must not come out, by what it is. */
  const canaries = new Map<string, string>()
  /** All that was answered, but where a token is what was asked for. */
  const answers: { readonly what: string; readonly text: string }[] = []

  function plant(what: string, text: string): string {
    assert.ok(text.length >= 10, `${what} is too short to be looked for`)
    canaries.set(what, text)
    return text
  }

  function plantBasic(what: string, username: string, password: string): string {
    const value = basic(username, password)
    plant(`${what}, in base64`, value.slice('Basic '.length))
    return value
  }

  /** The token and each part of it that is a secret: its header and claims say nothing secret. */
  function plantToken(what: string, token: string): string {
    plant(`${what}: the token`, token)
    plant(`${what}: its signature`, token.split('.')[2] ?? '')
    return token
  }

  async function send(what: string, port: number, path: string, question: Question = {}) {
    const answer = await ask(port, path, question).catch((error: unknown) => String(error))
    const text = typeof answer === 'string' ? answer : textOf(answer)
    answers.push({ what: `${what} → ${path.slice(0, 60)}`, text })
    return answer
  }

  const textOf = ({ status, headers, body }: Answer) =>
    `${String(status)}\n${JSON.stringify(headers)}\n${body}`

  /** Bytes as they are, over a connection of their own. */
  async function sendRaw(what: string, port: number, bytes: string | Buffer) {
    const text = await new Promise<string>((resolve) => {
      let read = ''
      const socket = connect({ host: '127.0.0.1', port })
      const done = () => {
        socket.destroy()
        resolve(read)
      }
      const timer = setTimeout(done, PATIENCE)
      socket.on('data', (chunk) => (read += chunk.toString('latin1')))
      socket.on('error', () => undefined)
      socket.on('close', () => {
        clearTimeout(timer)
        resolve(read)
      })
      socket.end(bytes)
    })
    answers.push({ what, text })
  }

  before(async () => {
    stack = await startStack({
      ...{ registry: '3', registryAuth: true, envoy: true, logLevel: 'trace' },
      environment: { RAUTH_TOKEN_REFRESH_ENABLED: 'true' },
    })
    const { service, entry, token: tokenPort, gateway, gatewayHttp, operations, upstream } = stack
    const login = stack.login('team-a')
    const ports = { entry, tokenPort, gateway, gatewayHttp, operations, upstream }
    plant('the password', login.password)
    plantBasic('the password', login.username, login.password)
    plant('the hash of the password', createHash('sha256').update(login.password).digest('hex'))
    plant('the password of team-b', stack.login('team-b').password)

    // What is right.
    const scope = 'repository:team-a/app:pull,push'
    const token = plantToken('a token', await fetchToken(entry, login, service, scope))
    const offline = await ask(tokenPort, `/token?service=${service}&offline_token=true`, {
      headers: { authorization: basic(login.username, login.password) },
    })
    const { refresh_token: refresh, token: beside } = JSON.parse(offline.body) as {
      refresh_token: string
      token: string
    }
    plantToken('a refresh token', refresh)
    plantToken('the token beside it', beside)

    // A Secret with passwords of every kind, good and then with a mistake beside them.
    const kinds: Readonly<Record<string, string>> = Object.fromEntries(
      ['current', 'previous', 'listed', 'hashed'].map((kind) => [
        kind,
        plant(`the ${kind} password`, `canary-${kind}-password`),
      ]),
    )
    const passwordHash = plant('a hash', hashSync(kinds['hashed'] ?? '', { cost: 4 }))
    const writeKinds = (notAfter: string) =>
      stack.writeSecret(
        'team-c',
        JSON.stringify({
          ...{ apiVersion: 'v1', kind: 'Secret' },
          metadata: { name: 'registry-credentials', namespace: 'team-c' },
          stringData: {
            ...{ username: 'team-c', password: kinds['current'] },
            ...{ previousPassword: kinds['previous'], previousPasswordNotAfter: notAfter },
            entries: JSON.stringify([
              { username: 'team-c', password: kinds['listed'], actions: ['pull'] },
              { username: 'team-c', passwordHash },
            ]),
          },
        }),
      )
    await writeKinds('2999-12-31T00:00:00Z')
    const loginWith = (password: string) =>
      ask(tokenPort, `/token?service=${service}&scope=repository:team-b/app:pull`, {
        headers: { authorization: basic('team-c', password) },
      })
    // Not by logins that fail until then: too many of them, and the right one is refused as well.
    await until('the Secret is known', 20_000, async () =>
      /"files":3,.*"msg":"credentials loaded"/.test(await stack.rauthLog()),
    )
    for (const [kind, password] of Object.entries(kinds)) {
      assert.equal((await loginWith(password)).status, 200, kind)
      plantBasic(`the ${kind} password`, 'team-c', password)
    }
    await writeKinds(plant('a mistake', 'canary-instead-of-a-date'))
    await until('it is of no use', 20_000, async () => {
      return (await loginWith(kinds['current'] ?? '')).status === 401
    })

    // Logins that go wrong.
    for (const [index, password] of WRONG_PASSWORDS.entries()) {
      const name = `wrong password ${String(index)}`
      plant(name, password)
      const authorization = plantBasic(name, 'team-a', password)
      for (const port of [entry, tokenPort]) {
        await send(name, port, `/token?service=${service}`, { headers: { authorization } })
        await send(name, port, `/token?service=${service}&scope=${scope}`, {
          headers: { authorization: `${authorization}, ${authorization}` },
        })
      }
      const form = new URLSearchParams({ grant_type: 'password', service, username: 'team-a' })
      form.set('password', password)
      plant(`${name}, in a form`, form.get('password') ?? '')
      for (const type of ['application/x-www-form-urlencoded', 'application/json', 'text/plain']) {
        await send(name, tokenPort, '/token', {
          method: 'POST',
          headers: { 'content-type': type },
          body: form.toString(),
        })
      }
      await send(name, tokenPort, `/token?${form.toString()}`)
      await send(name, tokenPort, `/token?${form.toString()}`, { method: 'POST' })
      await send(name, tokenPort, `/${encodeURIComponent(password)}`, {
        headers: { authorization },
      })
    }
    plant('a user name that is a password', 'canary-as-user-name')
    await send('user name', entry, `/token?service=${service}`, {
      headers: { authorization: basic('canary-as-user-name', 'x') },
    })
    for (const secret of [refresh, `${refresh}x`, token, 'canary-no-refresh-token']) {
      plant(`refresh token ${secret.slice(-8)}`, secret)
      const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: secret })
      await send('refresh, without service', tokenPort, '/token', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: form.toString(),
      })
      await send('refresh, other service', tokenPort, '/token', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: `${form.toString()}&service=no-such-service`,
      })
      await send('refresh as Basic', tokenPort, '/token?service=no-such-service', {
        headers: { authorization: plantBasic(`refresh ${secret.slice(-8)}`, '', secret) },
      })
    }

    // Tokens, good and not, at every HTTP port.
    const [header = '', payload = '', signature = ''] = token.split('.')
    const MUTATED: readonly (readonly [string, string])[] = [
      ['changed signature', `${header}.${payload}.${signature.slice(0, -3)}AAA`],
      ['no signature', `${header}.${payload}.`],
      ['changed claims', `${header}.${payload.slice(0, -4)}AAAA.${signature}`],
      ['parts exchanged', `${payload}.${header}.${signature}`],
      ['padding', `${token}=`],
      // No repository could be called so, and it is as long as a token: names and short parts are logged.
      ['no token', `CANARY.${'that-is'.repeat(12)}.no-token`],
      ['long', `${token}${'A'.repeat(9000)}`],
      ['the refresh token', refresh],
    ]
    for (const [name, value] of [['good', token] as const, ...MUTATED]) {
      plant(`token, ${name}`, value)
      for (const path of ['/v2/', '/v2/team-a/app/tags/list', '/v2/team-b/app/tags/list']) {
        for (const port of [entry, gatewayHttp, upstream]) {
          await send(`token, ${name}`, port, path, {
            headers: { authorization: `Bearer ${value}` },
          })
        }
      }
      for (const authorization of [
        `Bearer ${value} x`,
        `bearer  ${value}`,
        `Basic ${value}`,
        value,
      ]) {
        for (const port of [entry, gatewayHttp, tokenPort]) {
          await send(`token, ${name}, odd header`, port, '/v2/', { headers: { authorization } })
        }
      }
      await send(`token, ${name}`, tokenPort, `/token?service=${service}`, {
        headers: { authorization: `Bearer ${value}` },
      })
      for (const port of [gatewayHttp, tokenPort, operations]) {
        await send(`token, ${name}, in a query`, port, `/v2/?access_token=${value}`)
        await send(`token, ${name}, in a path`, port, `/v2/${value}/tags/list`)
      }
    }

    // Garbage at every port, HTTP or not.
    const wrong = basic('team-a', plant('password in garbage', 'canary-in-garbage'))
    plant('password in garbage, in base64', wrong.slice('Basic '.length))
    const GARBAGE: readonly (readonly [string, string | Buffer])[] = [
      ['no HTTP', `${wrong}\r\n\r\n`],
      ['half a request', `GET /token HTTP/1.1\r\nauthorization: ${wrong}`],
      ['no version', `GET /token\r\nauthorization: ${wrong}\r\n\r\n`],
      ['a bad header', `GET /v2/ HTTP/1.1\r\nhost: x\r\nauthorization : ${wrong}\r\n\r\n`],
      [
        'a folded header',
        `GET /v2/ HTTP/1.1\r\nhost: x\r\nauthorization:\r\n ${wrong}\r\n x\r\n\r\n`,
      ],
      [
        'two lengths',
        `POST /token HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 4\r\nauthorization: ${wrong}\r\n\r\nabcd`,
      ],
      [
        'large headers',
        `GET /token HTTP/1.1\r\nhost: x\r\nauthorization: ${wrong}\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`,
      ],
      ['the HTTP/2 preface', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${wrong}`],
      ['a NUL', `GET /\0 HTTP/1.1\r\nauthorization: ${wrong}\r\n\r\n`],
      ['TLS', Buffer.concat([Buffer.from('1603010200010001fc0303', 'hex'), Buffer.from(wrong)])],
    ]
    for (const [port, number] of Object.entries(ports)) {
      await Promise.all(
        GARBAGE.map(([name, bytes]) => sendRaw(`${name} at ${port}`, number, bytes)),
      )
    }

    // A Secret that can't be read, with secrets in it.
    await stack.writeSecret(
      'team-b',
      `apiVersion: v1\nkind: Secret\nmetadata: {name: registry-credentials, namespace: team-b}\n` +
        `stringData: {username: team-b, password: ${plant('password in a Secret', 'canary-in-a-secret')}\n`,
    )
    // What was logged before these was written before, too.
    await send('the last', entry, '/v2/team-a/last/tags/list')
    await send('the last', upstream, '/v2/team-a/last/tags/list')
    for (const [log, words] of [
      [() => stack.rauthLog(), 'team-b.yaml'],
      [() => stack.envoyLog(), 'team-a/last'],
      [() => stack.registryLog(), 'team-a/last'],
    ] as const) {
      await until(`${words} is in the log`, 20_000, async () => (await log()).includes(words))
    }
  })
  after(() => stack.stop())

  const leaksOf = (text: string) =>
    [...canaries].filter(([, canary]) => text.includes(canary)).map(([what]) => what)

  it('were many, at every port', () => {
    assert.ok(canaries.size > 50, String(canaries.size))
    assert.ok(answers.length > 350, String(answers.length))
    assert.ok(answers.filter(({ text }) => text !== '').length > 300)
  })

  it('are in no log of rauth, which was told to log all', async () => {
    const log = await stack.rauthLog()
    assert.match(log, /"half":"token","outcome":"refused"/)
    assert.match(log, /"half":"gateway","outcome":"refused"/)
    assert.match(log, /"half":"gateway","outcome":"allowed"/)
    assert.match(log, /team-b\.yaml/)
    assert.match(log, /previousPasswordNotAfter must be a time/)
    assert.deepEqual(leaksOf(log), [])
  })

  it('are in no log of Envoy', async () => {
    const log = await stack.envoyLog()
    assert.match(log, /"path":"\/v2\/team-a\/last/)
    assert.deepEqual(leaksOf(log), [])
  })

  it('are in no log of the registry', async () => {
    const log = await stack.registryLog()
    assert.match(log, /team-a\/last/)
    assert.deepEqual(leaksOf(log), [])
  })

  it('are in no metric and on no page of operations', async () => {
    for (const path of ['/metrics', '/readyz', '/livez', '/']) {
      const { body, headers } = await ask(stack.operations, path)
      assert.deepEqual(leaksOf(`${body}${JSON.stringify(headers)}`), [], path)
    }
    const { body } = await ask(stack.operations, '/metrics')
    assert.match(body, /rauth_decisions_total\{.*reason="token_invalid"/)
    assert.doesNotMatch(body, /canary|team-a|team-b/)
  })

  it('are in no record that is asked for by its id', async () => {
    const ids = auditLines(await stack.rauthLog()).map(({ id }) => id)
    assert.ok(ids.length > 300, String(ids.length))
    const found: string[] = []
    // One after the other: that port has few connections.
    for (const id of ids) found.push((await ask(stack.operations, `/decisions/${id}`)).body)
    assert.ok(found.filter((body) => body.includes('"outcome"')).length > 300)
    assert.deepEqual(leaksOf(found.join('\n')), [])
  })

  it('were answered with one record each, whose id whoever is refused is told', async () => {
    const lines = auditLines(await stack.rauthLog())
    const records = new Map(lines.map((line) => [line.id, line]))
    assert.equal(records.size, lines.length, 'no id twice')
    const told = answers.flatMap(({ what, text }) => {
      const id = /"decision":"([^"]+)"/.exec(text)?.[1]
      return id === undefined ? [] : [[what, id] as const]
    })
    assert.ok(told.length > 300, String(told.length))
    assert.equal(new Set(told.map(([, id]) => id)).size, told.length, 'no id for two answers')
    for (const [what, id] of told)
      assert.notEqual(records.get(id)?.outcome ?? 'allowed', 'allowed', what)
  })

  it('are answered by Envoy, too, with the id of its line, which is that of the record', async () => {
    const idOf = async (target: string) => {
      const { status, headers } = await ask(stack.entry, target)
      return { status, id: headers['x-request-id'] ?? assert.fail(`${target}: no id`) }
    }
    const own = await idOf('/none')
    assert.equal(own.status, 404)
    const asked = await idOf('/v2/team-a/asked/tags/list')
    const ids = [own.id, asked.id]
    await until('both are in the log', 20_000, async () => {
      const log = await stack.envoyLog()
      return ids.every((id) => log.includes(`"requestId":"${id}"`))
    })
    const envoyLog = await stack.envoyLog()
    for (const id of ids) assert.ok(envoyLog.includes(`"requestId":"${id}"`), id)
    const recorded = auditLines(await stack.rauthLog()).map((line) => line['requestId'])
    assert.deepEqual(
      ids.map((id) => recorded.includes(id)),
      [false, true],
    )
  })

  it('are in no answer', () => {
    const leaks = answers
      .map(({ what, text }) => ({ what, leaks: leaksOf(text) }))
      .filter(({ leaks: found }) => found.length > 0)
    assert.deepEqual(leaks, [])
  })
})
