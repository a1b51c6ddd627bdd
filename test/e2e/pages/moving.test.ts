import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { hashPassword } from '../../../src/adapters/bcrypt/hash.ts'
import { Redacted } from '../../../src/redacted.ts'
import { succeeded } from '../../support/expect.ts'
import { PASSWORD, startMover, type Mover } from '../../support/pages/mover.ts'

describe('docs/tasks/moving-from-htpasswd.md', () => {
  let mover: Mover
  const image = (name = 'app') => `localhost:${String(mover.port(5000))}/${name}:v1`
  const htpasswd = () => path.join(mover.home, 'htpasswd')
  before(async () => {
    mover = await startMover('docs/tasks/moving-from-htpasswd.md', [5000, 5001, 8080])
    const hash = await hashPassword(new Redacted(PASSWORD), 5)
    await writeFile(htpasswd(), `alice:${hash}\nbob:${hash}\n`)
    await mover.walk.write('From htpasswd to rauth')
    await mover.restartRegistry()
    succeeded(await mover.alice.push('of alice', image()))
  })
  after(() => mover.stop())

  it('can all be run here', () => {
    assert.deepEqual(mover.walk.left().elsewhere, [])
  })

  it('takes the users, and tries rauth with a second registry beside the first', async () => {
    await mover.walk.section('The users')
    await mover.start('rauth, beside the registry', 8080, 5001)
    const { stdout } = await mover.walk.section('Try it')
    assert.match(stdout, /^ok +registry takes tokens/m)
    assert.match(stdout, /\{"name":"app","tags":\["v1"\]\}/)
    succeeded(await mover.alice.pull(image()))
  })

  it('switches, and back: who was logged in pulls and pushes all the while', async () => {
    const before_ = await readFile(htpasswd(), 'utf8')
    for (const heading of ['The switch', 'Back', 'The switch'] as const) {
      await mover.walk.section(heading)
      await mover.restartRegistry()
      succeeded(await mover.alice.pull(image()))
      succeeded(await mover.alice.push(heading, image('more')))
    }
    assert.equal(await readFile(htpasswd(), 'utf8'), before_)
  })

  it('says less by a policy', async () => {
    await mover.walk.section('Say less')
  })

  it('has Secrets of users that are namespaces', async () => {
    await mover.walk.section('Users that are namespaces')
    const secrets = await readFile(path.join(mover.home, 'secrets.yaml'), 'utf8')
    assert.equal(secrets.match(/passwordHash: \$2b\$05\$/g)?.length, 2)
  })

  it('was walked from one end to the other', () => {
    assert.deepEqual(mover.walk.left().headings, [])
  })
})

describe('docs/tasks/moving-from-docker-auth.md', () => {
  let mover: Mover
  const image = (name = 'app') => `localhost:${String(mover.port(5000))}/${name}:v1`
  before(async () => {
    mover = await startMover('docs/tasks/moving-from-docker-auth.md', [5000, 5001, 5002])
    await mover.walk.write('From docker_auth to rauth')
    const made = await mover.walk.shell(
      'openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=auth -days 365 -keyout token.key -out token.crt 2>&1',
    )
    succeeded(made)
    await mover.restartRegistry()
  })
  after(() => mover.stop())

  it('can all be run here', () => {
    assert.deepEqual(mover.walk.left().elsewhere, [])
  })

  it('looks at the file as it is', async () => {
    assert.match((await mover.walk.section('Look')).stdout, /^yes$/m)
  })

  it('switches: then clients push and pull, by rauth in the place of docker_auth', async () => {
    await mover.start('The switch', 5001)
    succeeded(await mover.alice.push('of alice', image()))
    succeeded(await mover.alice.pull(image()))
  })

  it('gives tokens beside it that the same registry takes', async () => {
    await mover.start('Side by side', 5002)
    const { stdout } = await mover.walk.section('Side by side')
    assert.match(stdout, /\{"name":"app","tags":\["v1"\]\}/)
  })

  it('answers the same in its own form', async () => {
    const { output } = await mover.walk.section('In its own form')
    assert.equal(output.match(/^3 passed, 0 failed$/gm)?.length, 2, output)
  })

  it('has keys of its own, beside which those of before are good', async () => {
    await mover.walk.section('Keys of its own')
    const config = path.join(mover.home, 'config.yml')
    const text = await readFile(config, 'utf8')
    await writeFile(config, text.replace('rootcertbundle: token.crt', 'rootcertbundle: bundle.crt'))
    await mover.restartRegistry()
    succeeded(await mover.alice.pull(image()))
  })

  it('was walked from one end to the other', () => {
    assert.deepEqual(mover.walk.left().headings, [])
  })
})
