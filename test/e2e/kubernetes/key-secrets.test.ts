import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { Json } from '../../support/kubernetes/api.ts'
import { startControlPlane, type ControlPlane } from '../../support/kubernetes/control-plane.ts'
import { kubeconfig } from '../../support/kubernetes/kubeconfig.ts'
import { serviceAccount, type Rule } from '../../support/kubernetes/service-account.ts'
import { run, type RunResult } from '../../support/run.ts'

/** The bundled program, from dist/test/e2e/kubernetes. */
const PROGRAM = path.resolve(import.meta.dirname, '../../../rauth.js')
const SECRETS = '/api/v1/namespaces/registry/secrets'
const ALL = ['keys', 'keys-ca', 'keys-public', 'keys-registry']

const rule = (verbs: readonly string[], resourceNames?: readonly string[]): Rule => ({
  ...{ apiGroups: [''], resources: ['secrets'], verbs },
  ...(resourceNames === undefined ? {} : { resourceNames }),
})

describe('keys in Secrets of a cluster', () => {
  let cluster: ControlPlane
  let home: string
  before(async () => {
    cluster = await startControlPlane()
    home = await mkdtemp(path.join(os.tmpdir(), 'rauth-key-secrets-'))
    await writeFile(path.join(home, 'usual.yaml'), 'realm: http://localhost/token\n')
    await cluster.api.expect('POST', '/api/v1/namespaces', { metadata: { name: 'registry' } })
    const of = async (name: string, ...rules: readonly Rule[]) => {
      const identity = await serviceAccount(cluster.api, { namespace: 'registry', name, rules })
      await writeFile(path.join(home, name), kubeconfig(cluster, identity), { mode: 0o600 })
    }
    await of('init', rule(['create']), rule(['get'], ALL))
    await of('rotate', rule(['get'], ['keys-ca']), rule(['get', 'update'], ['keys', 'keys-public']))
    await of('nobody', rule(['get'], ['another']))
  })
  beforeEach(() => cluster.api.expect('DELETE', SECRETS))
  after(async () => {
    await cluster.stop()
    await rm(home, { recursive: true, force: true })
  })

  function keys(as: string, ...args: readonly string[]): Promise<RunResult> {
    return keysIn(home, as, ...args)
  }
  /** Whatever is made in between, in a folder. */
  function keysIn(folder: string, as: string, ...args: readonly string[]): Promise<RunResult> {
    const env = { KUBECONFIG: path.join(home, as), TMPDIR: folder }
    const all = [PROGRAM, 'keys', ...args, '--secret', 'registry/keys']
    return run(process.execPath, all, { env, cwd: home })
  }
  async function good(as: string, ...args: readonly string[]): Promise<string> {
    const { code, stdout, output } = await keys(as, ...args)
    assert.equal(code, 0, output)
    return stdout
  }
  async function contents(name: string): Promise<Readonly<Record<string, string>>> {
    const { data } = await cluster.api.expect('GET', `${SECRETS}/${name}`)
    const all = Object.entries(data as Record<string, string>)
    return Object.fromEntries(
      all.map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]),
    )
  }
  const there = async () => {
    const { items } = (await cluster.api.expect('GET', SECRETS)) as { items: { metadata: Json }[] }
    return items.map(({ metadata }) => metadata['name'])
  }
  const all = () => Promise.all(ALL.map(contents))

  it('are made once, by rights that can change none, with what belongs together', async () => {
    const created = ALL.map((name) => `created Secret registry/${name}\n`)
    assert.deepEqual((await good('init', 'init')).split(/(?<=\n)/).sort(), [...created].sort())
    const before = await all()
    const [signing = {}, authority = {}, forGateways = {}, registry = {}] = before
    const leaf = new X509Certificate(signing['signing.crt'] ?? '')
    assert.ok(leaf.verify(new X509Certificate(authority['ca.crt'] ?? '').publicKey))
    for (const one of [signing, forGateways, registry])
      assert.equal(one['ca.crt'], authority['ca.crt'])
    assert.equal(forGateways['binding.key'], signing['binding.key'])
    assert.equal(Buffer.from(registry['http.secret'] ?? '', 'base64').length, 32)
    assert.match(await good('init', 'init'), /^kept Secret registry\/keys$/m)
    assert.deepEqual(await all(), before)
  })

  it('are of one CA however many make them at once', async () => {
    await Promise.all([1, 2, 3].map(() => good('init', 'init')))
    const [signing = {}, authority = {}, forGateways = {}] = await all()
    const leaf = new X509Certificate(signing['signing.crt'] ?? '')
    assert.ok(leaf.verify(new X509Certificate(authority['ca.crt'] ?? '').publicKey))
    assert.equal(forGateways['signing.crt'], signing['signing.crt'])
  })

  for (const lost of ALL) {
    it(`are completed where ${lost} is missing, and the others stay`, async () => {
      await good('init', 'init')
      await cluster.api.expect('DELETE', `${SECRETS}/${lost}`)
      const others = ALL.filter((name) => name !== lost)
      const before = await Promise.all(others.map(contents))
      await good('init', 'init')
      assert.deepEqual(await Promise.all(others.map(contents)), before)
      // Without its CA a key still signs; a new CA would be trusted by nobody.
      assert.deepEqual(await there(), lost === 'keys-ca' ? others : ALL)
    })
  }

  it('get a next one, which gateways know before it signs; what nobody needs goes', async () => {
    await good('init', 'init')
    const [before = {}] = await all()
    const made = await good('rotate', 'rotate')
    const [, name = ''] = /^created (signing-.*)\.crt$/m.exec(made) ?? []
    const [signing = {}, , forGateways = {}] = await all()
    assert.equal(signing[`${name}.crt`], forGateways[`${name}.crt`])
    assert.deepEqual({ ...signing, ...before }, signing)
    assert.deepEqual(Object.keys(forGateways).sort(), [
      ...['binding.key', 'ca.crt', `${name}.crt`, 'signing.crt'].sort(),
    ])
    // Both may still be needed.
    const unknown = await keys('rotate', 'rotate', '--prune')
    assert.equal(unknown.code, 2, 'by times of another configuration')
    assert.equal(await good('rotate', 'rotate', '--prune', '-c', 'usual.yaml'), '')
    await writeFile(
      path.join(home, 'at-once.yaml'),
      'realm: http://localhost/token\nkeys: { publishAhead: 0s }\n',
    )
    const old = await keys('rotate', 'rotate', '--prune', '-c', 'at-once.yaml')
    assert.equal(old.code, 0, old.output)
  })

  it('never sign with what gateways do not know, however many rotate and prune at once', async () => {
    await good('init', 'init')
    const rotations = [1, 2, 3].map(() => keys('rotate', 'rotate'))
    const all = await Promise.all([
      ...rotations,
      keys('rotate', 'rotate', '--prune', '-c', 'usual.yaml'),
    ])
    for (const { code, stderr } of all) if (code !== 0) assert.match(stderr, /changed meanwhile/)
    const [signing = {}, forGateways = {}] = await Promise.all(
      ['keys', 'keys-public'].map(contents),
    )
    const certificates = Object.keys(signing).filter((name) => name.endsWith('.crt'))
    assert.ok(certificates.length > 1)
    for (const name of certificates) assert.equal(forGateways[name], signing[name], name)
  })

  it('are brought up to date for gateways by the next pruning, where something ended in the middle', async () => {
    await good('init', 'init')
    const stored = await cluster.api.expect('GET', `${SECRETS}/keys-public`)
    const data = { ...(stored['data'] as Json), 'never-stored.crt': 'AA==' }
    await cluster.api.expect('PUT', `${SECRETS}/keys-public`, { ...stored, data })
    await good('rotate', 'rotate', '--prune', '-c', 'usual.yaml')
    assert.ok(!('never-stored.crt' in (await contents('keys-public'))))
  })

  it('are only the binding key where somebody else signs', async () => {
    assert.equal(await good('init', 'init', '--only-binding-key'), 'created Secret registry/keys\n')
    assert.deepEqual(Object.keys(await contents('keys')), ['binding.key'])
    assert.equal(await good('init', 'init', '--only-binding-key'), 'kept Secret registry/keys\n')
  })

  it('say what is missing: rights, Secrets, a cluster', async () => {
    const { code, stderr } = await keys('nobody', 'init')
    assert.equal(code, 1)
    assert.match(stderr, /Secret registry\/keys: 403: .* cannot get resource "secrets"/)
    assert.match(
      (await keys('rotate', 'rotate')).stderr,
      /there is no Secret keys; next: rauth keys init --secret/,
    )
    await good('init', 'init')
    assert.match((await keys('init', 'rotate')).stderr, /Secret registry\/keys-public: 403/)
    await cluster.api.expect('DELETE', `${SECRETS}/keys-ca`)
    assert.match((await keys('rotate', 'rotate')).stderr, /no Secret keys-ca; next: put it back/)
    assert.match((await keys('nothing', 'init')).stderr, /kubeconfig .* cannot be read/)
    const wrong = ['keys', 'init', '--secret', 'keys']
    assert.match((await run(process.execPath, [PROGRAM, ...wrong])).stderr, /NAMESPACE\/NAME/)
  })

  it('leave nothing on the disk', async () => {
    await good('init', 'init')
    assert.deepEqual(
      (await readdir(home)).filter((name) => name.startsWith('rauth-keys')),
      [],
    )
  })

  it('are marked as what no controller calls its own', async () => {
    await good('init', 'init')
    for (const name of ALL) {
      const { metadata } = await cluster.api.expect('GET', `${SECRETS}/${name}`)
      const { labels } = metadata as { labels: unknown }
      assert.deepEqual(labels, { 'app.kubernetes.io/managed-by': 'rauth-keys' })
    }
  })

  it('say so where they go to an API server whose certificate is not checked', async () => {
    const checked = await readFile(path.join(home, 'init'), 'utf8')
    const unchecked = checked.replace(
      /certificate-authority-data: .*/,
      'insecure-skip-tls-verify: true',
    )
    assert.notEqual(unchecked, checked)
    await writeFile(path.join(home, 'unchecked'), unchecked, { mode: 0o600 })
    const { code, stderr, output } = await keys('unchecked', 'init')
    assert.equal(code, 0, output)
    assert.match(stderr, /the certificate of the API server is not checked/)
  })

  it('need a folder for a moment, and say which where there is none', async () => {
    const { code, stderr } = await keysIn('/proc', 'init', 'init')
    assert.notEqual(code, 0)
    assert.match(stderr, /next: set TMPDIR to a folder that can be written/)
  })
})
