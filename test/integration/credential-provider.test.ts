import assert from 'node:assert/strict'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { provideCredentials, USERNAME } from '../../src/credential-provider/provide.ts'
import { parseRequest } from '../../src/credential-provider/request.ts'
import { RauthError } from '../../src/errors.ts'
import { installParts } from '../../tools/parts/install.ts'
import { almostRequests } from '../support/credential-mutations.ts'
import {
  ARGS,
  AUDIENCE,
  REFUSED,
  REGISTRY,
  requestWith,
  SIGNATURE,
  TAKEN,
  tokenWith,
} from '../support/credential-requests.ts'
import { run, type RunOptions, type RunResult } from '../support/run.ts'

/** The repository, from dist/test/integration. */
const ROOT = path.resolve(import.meta.dirname, '../../..')
const SCRIPT = path.join(
  ROOT,
  'examples/kubernetes/credential-provider/rauth-credential-provider.sh',
)

type Ask = (args: readonly string[], options: RunOptions) => Promise<RunResult>

/** All that a node may have in place of `rauth credential-provider`. */
const PROGRAMS: Readonly<Record<string, (folder: string) => Promise<Ask>>> = {
  'the bundle': () =>
    Promise.resolve((args, options) =>
      run(path.join(ROOT, 'dist/rauth-credential-provider.cjs'), args, options),
    ),
  'the script': () => Promise.resolve((args, options) => run(SCRIPT, args, options)),
  'the script with busybox alone': async (folder) => {
    const { busybox } = await installParts(['busybox'])
    for (const name of ['sh', 'awk', 'cat', 'date', 'head']) {
      await symlink(busybox, path.join(folder, name))
    }
    const env = { PATH: folder }
    return (args, options) => run(path.join(folder, 'sh'), [SCRIPT, ...args], { ...options, env })
  },
  'the script with gawk and bash': async (folder) => {
    const { gawk } = await installParts(['gawk'])
    await symlink(gawk, path.join(folder, 'awk'))
    const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}` }
    return (args, options) => run('bash', [SCRIPT, ...args], { ...options, env })
  },
}

interface Answer {
  readonly cacheDuration: string
}

for (const [program, made] of Object.entries(PROGRAMS)) {
  describe(`a credential provider, ${program}`, () => {
    let folder: string
    let ask: Ask
    before(async () => {
      folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-provider-'))
      ask = await made(folder)
    })
    after(() => rm(folder, { recursive: true, force: true }))

    for (const [what, document] of TAKEN) {
      it(`hands the token of a request on: ${what}`, async () => {
        const { code, stdout, stderr } = await ask(ARGS, { input: document })
        assert.deepEqual([code, stderr], [0, ''])
        const { cacheDuration, ...answer } = JSON.parse(stdout) as Answer
        const { serviceAccountToken: password } = JSON.parse(document) as Record<string, unknown>
        assert.deepEqual(answer, {
          kind: 'CredentialProviderResponse',
          apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
          cacheKeyType: 'Registry',
          auth: { [REGISTRY]: { username: USERNAME, password } },
        })
        // An hour less the minute before its end, and what the test took.
        const seconds = Number(/^(\d+)s$/.exec(cacheDuration)?.[1])
        assert.ok(seconds <= 3540 && seconds > 3300, cacheDuration)
      })
    }

    // Of the bundle a few are enough: the unit tests ask its code all of them, without a start of Node each.
    const refused = program === 'the bundle' ? REFUSED.filter((_, i) => i % 8 === 0) : REFUSED
    for (const [what, document, said] of refused) {
      it(`refuses ${what}, says why in a line, and shows no token`, async () => {
        const { code, stdout, stderr } = await ask(ARGS, { input: document })
        assert.deepEqual([code, stdout], [1, ''], stderr)
        assert.match(stderr, said)
        assert.match(stderr, /^[^\n]+\n$/)
        assert.ok(!stderr.includes(SIGNATURE))
      })
    }

    it('has nothing cached of a token that ends within a minute', async () => {
      const now = Math.floor(Date.now() / 1000)
      for (const [exp, most] of [
        [now + 55, 0],
        [now + 90, 30],
      ] as const) {
        const { stdout } = await ask(ARGS, {
          input: requestWith({ serviceAccountToken: tokenWith({ exp }) }),
        })
        const { cacheDuration } = JSON.parse(stdout) as Answer
        assert.ok(Number.parseInt(cacheDuration, 10) <= most, cacheDuration)
      }
    })

    it('takes several registries, and answers for the one that was asked about', async () => {
      const args = ['--registry=[fd00::1]:5000', ...ARGS, '--registry', 'localhost']
      for (const registry of [REGISTRY, 'localhost', '[fd00::1]:5000']) {
        const input = requestWith({ image: `${registry}/team-a/app` })
        const { stdout, stderr } = await ask(args, { input })
        assert.ok(stdout.includes(`"auth":{"${registry}":{`), stderr)
      }
      const { stderr } = await ask(args, { input: requestWith({ image: 'other.example/app' }) })
      assert.match(stderr, /only \[fd00::1\]:5000, registry\.example:5000, localhost may see one/)
    })

    const CALLED_WRONGLY: readonly (readonly string[])[] = [
      [],
      ['--registry', REGISTRY],
      ['--audience', 'rauth'],
      [...ARGS, '--registry'],
      [...ARGS, '--registry', ''],
      [...ARGS, '--registry', 'https://registry.example'],
      [...ARGS, '--registry', 'registry.example/team-a'],
      [...ARGS, '--registry', '*.example'],
      [...ARGS, '--audience', ''],
      [...ARGS, '--audience', 'https://kubernetes.default.svc'],
      [...ARGS, '--audience=kubernetes.default.svc.cluster.local'],
      [...ARGS, '--user', 'somebody'],
    ]
    for (const args of CALLED_WRONGLY) {
      it(`is called wrongly by "${args.join(' ')}"`, async () => {
        const { code, stdout, stderr } = await ask(args, { input: requestWith() })
        assert.deepEqual([code, stdout], [2, ''], stderr)
        assert.match(stderr, /^error: /)
      })
    }
  })
}

describe('the script and rauth', () => {
  /** What rauth prints, or says, but for how long it may be kept. */
  function expected(document: string): string {
    try {
      const request = parseRequest(Buffer.from(document))
      const terms = { registries: [REGISTRY], audience: AUDIENCE }
      return provideCredentials(request, terms, Date.now() / 1000).reveal()
    } catch (thrown) {
      if (thrown instanceof RauthError) return thrown.message
      throw thrown
    }
  }
  // The script tells what is not ASCII, and what moves a cursor, by question marks.
  const timeless = (text: string) =>
    text
      .replace(/"cacheDuration":"\d+s"/, '')
      .replace(/(?<=it is )\d{4}-[\d:TZ-]+/, '')
      .replace(/(?:\\u(?:[0-9a-f]{4}|\{[0-9a-f]+\})|[^ -~\n])+/g, '?')
  const same = async (document: string) => {
    const { output } = await run(SCRIPT, ARGS, { input: document })
    assert.equal(timeless(output), timeless(`${expected(document)}\n`), document)
  }

  it('say the same of every document', async () => {
    for (const [, document] of [...TAKEN, ...REFUSED]) await same(document)
  })

  it('say the same of documents that are almost right', async () => {
    const almost = almostRequests(AUDIENCE, Math.floor(Date.now() / 1000))
    await fc.assert(fc.asyncProperty(almost, same), { numRuns: 300 })
  })
})

describe('rauth credential-provider', () => {
  const rauth = (input: string) =>
    run(path.join(ROOT, 'dist/rauth.js'), ['credential-provider', ...ARGS], { input })

  it('is the same as the bundle', async () => {
    const taken = await rauth(requestWith())
    assert.deepEqual([taken.code, taken.stderr], [0, ''])
    assert.match(taken.stdout, /^\{"kind":"CredentialProviderResponse",/)
    const refused = await rauth('')
    assert.deepEqual([refused.code, refused.stdout], [1, ''])
    assert.match(refused.stderr, /the request on stdin is not the kubelet's: it is empty/)
  })
})
