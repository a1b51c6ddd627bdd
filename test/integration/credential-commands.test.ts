import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { makeCliFolder, withoutSettings, type CliFolder } from '../support/cli-folder.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { replaceFile } from '../../tools/stack/state.ts'
import { basic } from '../support/http.ts'
import { SERVICE, startServing, type Serving } from '../support/serving.ts'
import { tlsAuthority } from '../support/tls-certificates.ts'
import { until } from '../support/until.ts'

describe('commands about passwords and tokens', () => {
  let serving: Serving
  let folder: CliFolder
  const login = { username: 'team-a', password: 'pass wörd:with colon' }
  const scope = 'repository:team-a/app:pull'
  before(async () => {
    folder = await makeCliFolder()
    serving = await startServing({
      logins: [login],
      // It asks again and again until a Secret is known.
      config: { guessing: { failures: 0, perNetwork: 0 } },
    })
  })
  after(async () => {
    await serving.stop()
    await folder.remove()
  })

  // The gateway answers /v2/ with the challenge that any registry behind it has.
  const at = () => ['--registry', `http://127.0.0.1:${serving.gatewayHttp}`]
  const fetched = (...args: readonly string[]) =>
    folder.rauth(['token', scope, ...at(), '-u', 'team-a', '--password-stdin', ...args], {
      input: `${login.password}\n`,
    })

  describe('rauth token', () => {
    it('asks where the registry says, and prints the token alone', async () => {
      const { code, stdout, stderr } = await fetched()
      assert.deepEqual([code, stderr], [0, ''])
      assert.match(stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/)
      const decoded = await folder.rauth(['decode', '-', '-c', serving.config], { input: stdout })
      assert.equal(decoded.code, 0, decoded.output)
      assert.match(decoded.stdout, /^access +repository:team-a\/app:pull$/m)
    })

    it('takes the password from the environment, and says in JSON what it was for', async () => {
      const args = ['token', scope, ...at(), '-u', 'team-a', '-o', 'json']
      const { stdout } = await folder.rauth(args, { env: { REGISTRY_PASSWORD: login.password } })
      const { token, expiresIn, ...rest } = JSON.parse(stdout) as Record<string, unknown>
      assert.match(String(token), /^eyJ/)
      // It may be the one of a moment ago.
      assert.ok(Number(expiresIn) > 290 && Number(expiresIn) <= 300)
      const realm = `http://127.0.0.1:${serving.token}/token`
      assert.deepEqual(rest, { realm, service: SERVICE })
    })

    it('exits with 1 for a wrong password, and says what the service says', async () => {
      const { code, stdout, stderr } = await folder.rauth(
        ['token', ...at(), '-u', 'team-a', '--password-stdin'],
        { input: 'wrong' },
      )
      assert.deepEqual([code, stdout], [1, ''])
      assert.match(stderr, /\/token answers 401: incorrect username or password\n$/)
    })

    it('exits with 3 where nobody answers, with 2 where it is not told whom to ask', async () => {
      const nowhere = `http://127.0.0.1:${await freePort()}`
      assert.equal((await folder.rauth(['token', '--registry', nowhere])).code, 3)
      for (const args of [
        [],
        ['-r', 'here'],
        ['-r', nowhere, '-u', 'x'],
        ['-r', nowhere, '--password-stdin'],
      ]) {
        const { code, stdout } = await folder.rauth(['token', ...args])
        assert.deepEqual([code, stdout], [2, ''], args.join(' '))
      }
    })

    it('sends no password in the clear where a registry with TLS says so', async () => {
      const asked: string[] = []
      const plain = createServer((request, response) => {
        asked.push(request.headers.authorization ?? 'nobody')
        response.end('{"token":"a.b.c"}')
      })
      const authority = await tlsAuthority('registry')
      await folder.write('registry-ca.crt', authority.certificate)
      const port = await freePort()
      const realm = `http://127.0.0.1:${port}/token`
      const { certificate: cert, key } = await authority.issue('registry')
      const registry = createTlsServer({ cert, key }, (_, response) => {
        response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="x"` }).end()
      })
      const tlsPort = await freePort()
      await new Promise<void>((resolve) => plain.listen(port, '127.0.0.1', resolve))
      await new Promise<void>((resolve) => registry.listen(tlsPort, '127.0.0.1', resolve))
      const env = {
        NODE_EXTRA_CA_CERTS: folder.file('registry-ca.crt'),
        REGISTRY_PASSWORD: login.password,
      }
      const token = (...args: readonly string[]) => folder.rauth(['token', ...args], { env })
      try {
        const at = ['-r', `https://127.0.0.1:${tlsPort}`]
        const refused = await token(...at, '-u', 'team-a')
        assert.deepEqual([refused.code, refused.stdout, asked], [1, '', []], refused.output)
        assert.match(refused.stderr, /names the realm http:.* it was not sent; next: .* --realm$/m)
        assert.equal((await token(...at)).code, 0)
        assert.equal((await token('--realm', realm, '-u', 'team-a')).code, 0)
        assert.deepEqual(asked, ['nobody', basic(login.username, login.password)])
      } finally {
        plain.close()
        registry.close()
      }
    })

    it('lets no service write to a terminal by what it says', async () => {
      const server = createServer(({ url }, response) => {
        if (url?.startsWith('/token') === true) {
          response.end(JSON.stringify({ token: 'a\u001b[2J' }))
          return
        }
        const message = 'no\u001b[2J\nverifies'
        response.writeHead(401, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ errors: [{ code: 'DENIED', message }] }))
      })
      const port = await freePort()
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
      try {
        const { code, stderr } = await folder.rauth([
          'token',
          '--realm',
          `http://127.0.0.1:${port}`,
        ])
        assert.equal(code, 1)
        assert.match(stderr, /answers 401: no\\u001b\[2J\\u000averifies\n$/)
        const given = await folder.rauth(['token', '--realm', `http://127.0.0.1:${port}/token`])
        assert.deepEqual([given.code, given.stdout], [1, ''])
        assert.match(given.stderr, /gives a token with characters that none can have; next: /)
      } finally {
        server.close()
      }
    })

    it('says what a registry is that asks for no token', async () => {
      const server = createServer((_, response) => response.end('{}'))
      const port = await freePort()
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
      try {
        const { code, stderr } = await folder.rauth(['token', '-r', `http://127.0.0.1:${port}`])
        assert.equal(code, 1)
        assert.match(
          stderr,
          /lets everybody in: it asks for no token; next: name the realm with --realm/,
        )
      } finally {
        server.close()
      }
    })
  })

  describe('rauth decode', () => {
    it('exits with 1 for a token of other keys, and prints what it says all the same', async () => {
      const { stdout: token } = await fetched()
      await folder.write('rauth.yaml', `realm: http://x/token\nservice: ${SERVICE}\n`)
      const { code, stdout } = await folder.rauth(['decode', token.trim(), '-o', 'json'])
      assert.equal(code, 1)
      const told = JSON.parse(stdout) as {
        payload: { sub: string }
        verifies: boolean
        why: string
      }
      assert.deepEqual(
        [told.payload.sub, told.verifies, told.why],
        ['team-a', false, 'key unknown'],
      )
    })

    it('writes JSON that does nothing to a terminal, and is the same to whoever parses it', async () => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
      const sub = 'a\u202eb\u009b2J'
      const token = `${part({ alg: 'none' })}.${part({ sub })}.AAAA`
      const { stdout } = await folder.rauth(['decode', token, '-o', 'json'])
      assert.match(stdout, /"sub": "a\\u202eb\\u009b2J"/)
      assert.equal((JSON.parse(stdout) as { payload: { sub: string } }).payload.sub, sub)
    })

    it('prints what is not of rauth', async () => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
      const token = `${part({ alg: 'none' })}.${part({ sub: 'x', exp: 0, list: [1] })}.AAAA`
      const { code, stdout } = await folder.rauth(['decode', token])
      assert.equal(code, 1)
      assert.match(stdout, /^alg +none$/m)
      assert.match(stdout, /^exp +1970-01-01T00:00:00Z \(\d+ s ago\)$/m)
      assert.match(stdout, /^list +\[1\]$/m)
    })

    it('lets no token write to a terminal, nor forge a line that rauth prints', async () => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
      const forged = 'yes, by key a'
      const header = { alg: 'none', kid: '\u001b]0;pwned\u0007' }
      const payload = { sub: `x\nverifies  ${forged}\u001b[1A`, verifies: forged, '': forged }
      const { code, stdout } = await folder.rauth(['decode', `${part(header)}.${part(payload)}.AA`])
      assert.equal(code, 1)
      assert.match(stdout, /^kid +\\u001b\]0;pwned\\u0007$/m)
      assert.match(stdout, /^sub +x\\u000averifies {2}yes, by key a\\u001b\[1A$/m)
      assert.match(stdout, /^"verifies" +yes/m)
      assert.match(stdout, /^"" +yes/m)
      assert.deepEqual(
        stdout.match(/^verifies +\w+/gm)?.map((line) => line.slice(-2)),
        ['no'],
      )
      assert.doesNotMatch(stdout, /[^\P{C}\n]/u)
    })

    for (const instant of [1e300, -1e300, 8.64e12 + 1]) {
      it(`prints ${instant} as it is, since no calendar has that time`, async () => {
        const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
        const claims = { exp: instant, iat: instant }
        const { code, stdout } = await folder.rauth([
          'decode',
          `${part({ alg: 'none' })}.${part(claims)}.AA`,
        ])
        assert.equal(code, 1)
        const value = JSON.stringify(instant).replace('+', '\\+')
        assert.match(stdout, new RegExp(`^exp +${value}\\niat +${value}$`, 'm'))
      })
    }

    it('exits with 2 for what is no token', async () => {
      assert.equal((await folder.rauth(['decode', 'a.b'])).code, 2)
    })
  })

  describe('rauth hash', () => {
    it('makes a hash that fits, from stdin, and with the cost that is asked for', async () => {
      const { code, stdout } = await folder.rauth(['hash', '--cost', '4'], { input: 'pässword\n' })
      assert.equal(code, 0)
      assert.match(stdout, /^\$2b\$04\$[./A-Za-z0-9]{53}\n$/)
      const { default: bcrypt } = await import('bcrypt')
      assert.ok(await bcrypt.compare('pässword', stdout.trim()))
    })

    it('refuses what bcrypt would not look at whole, and nothing at all', async () => {
      for (const [input, message] of [
        ['ä'.repeat(37), /the password has 74 bytes, and bcrypt looks at 72 only/],
        ['', /no password on stdin/],
        ['\n', /no password on stdin/],
      ] as const) {
        const { code, stdout, stderr } = await folder.rauth(['hash'], { input })
        assert.deepEqual([code, stdout], [2, ''])
        assert.match(stderr, message)
      }
      assert.equal((await folder.rauth(['hash', '--cost', '13'], { input: 'x' })).code, 2)
    })
  })

  describe('rauth secret create', () => {
    it('takes hosts for registries, and nothing else', async () => {
      for (const bad of ['https://a.example', 'a.example/b', 'a..b', '*.example']) {
        const args = ['secret', 'create', 'team-a', '--registry', bad]
        const { code, stdout, stderr } = await folder.rauth(args)
        assert.deepEqual([code, stdout], [2, ''], bad)
        assert.match(stderr, /HOST or HOST:PORT, as images name it/)
      }
    })

    const create = (...args: readonly string[]) =>
      folder.rauth(['secret', 'create', ...args], { input: login.password })
    const documentsOf = (text: string) =>
      parseAllDocuments(text).map((one) => one.toJS() as Record<string, never>)

    it('goes by the environment where there is no file', async () => {
      const env = { ...withoutSettings(), RAUTH_SECRET_NAME: 'other', RAUTH_SERVICE: 'r.example' }
      const { code, stdout } = await folder.rauth(['secret', 'create', 'team-new'], { env })
      assert.equal(code, 0)
      const [credentials] = documentsOf(stdout)
      assert.equal((credentials?.['metadata'] as unknown as { name: string }).name, 'other')
    })

    it('makes nothing for pods where no registry is named, and says so', async () => {
      const { code, stdout, stderr } = await create('team-new')
      assert.deepEqual([code, documentsOf(stdout).length], [0, 1])
      assert.match(stderr, /^no Secret for imagePullSecrets, .*: --registry HOST makes it/)
    })

    it('makes the Secret that rauth reads: whoever is in it can log in', async () => {
      const registry = ['--registry', 'registry.test']
      const { code, stdout, stderr } = await create('team-new', ...registry)
      assert.deepEqual([code, stderr], [0, ''])
      const [credentials, pull] = documentsOf(stdout)
      const { password } = credentials?.['stringData'] as unknown as { password: string }
      assert.match(password, /^[\w-]{32}$/)
      const auth = Buffer.from(`team-new:${password}`).toString('base64')
      const config = pull?.['stringData']?.['.dockerconfigjson'] as unknown as string
      assert.deepEqual(JSON.parse(config), {
        auths: { 'registry.test': { username: 'team-new', password, auth } },
      })
      await replaceFile(path.join(serving.secrets, 'team-new.yaml'), stdout)
      const env = { REGISTRY_PASSWORD: password }
      await until('it lets in', 60_000, async () => {
        return (await folder.rauth(['token', ...at(), '-u', 'team-new'], { env })).code === 0
      })
    })

    it('takes a user name, a password and registries, and gives rauth a hash where it is told to', async () => {
      const { stdout } = await create(
        ...['team-b', '-u', 'ci', '--password-stdin', '--hash'],
        ...['--registry', 'a.example', 'b.example:5000', '--pull-secret-name', 'pull'],
      )
      const [credentials, pull] = documentsOf(stdout)
      const { username, passwordHash, password } = credentials?.['stringData'] as unknown as Record<
        string,
        string
      >
      assert.deepEqual([username, password], ['ci', undefined])
      assert.match(passwordHash ?? '', /^\$2b\$10\$/)
      assert.deepEqual(pull?.['metadata'], { name: 'pull', namespace: 'team-b' })
      const config = pull['stringData']?.['.dockerconfigjson'] as unknown as string
      const { auths } = JSON.parse(config) as { auths: object }
      assert.deepEqual(Object.keys(auths), ['a.example', 'b.example:5000'])
    })

    it('exits with 2 for what is no namespace and no user name', async () => {
      for (const args of [['Team'], ['team-a', '-u', 'a:b'], []]) {
        assert.equal((await create(...args)).code, 2)
      }
    })
  })
})
