import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { PartsError } from '../../../../tools/parts/failure.ts'
import { installClients, missingHere } from '../../../../tools/test/clients.ts'

const PROGRAMS = {
  dockerd: 'Docker version 20.10.24+dfsg1, build 5d6db84',
  containerd: 'containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3',
  ctr: 'ctr github.com/containerd/containerd 1.6.20~ds1',
  'old/docker': 'Docker version 20.10.24+dfsg1, build 297e128',
  'new/docker': 'Docker version v28.5.2, build unknown-commit',
}

describe('the clients of e2e', () => {
  let directory: string
  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-clients-'))
  })
  after(() => rm(directory, { recursive: true }))

  /** A machine that has these programs and can install none. */
  async function machineWith(names: readonly (keyof typeof PROGRAMS)[]) {
    const bin = await mkdtemp(path.join(directory, 'bin-'))
    for (const name of names) {
      const file = path.join(bin, name)
      await mkdir(path.dirname(file), { recursive: true })
      await writeFile(file, `#!/bin/sh\necho ${PROGRAMS[name]}\n`)
      await chmod(file, 0o755)
    }
    const PATH = [bin, path.join(bin, 'old'), path.join(bin, 'new')].join(path.delimiter)
    const lines: string[] = []
    const env = { PATH, RAUTH_PARTS_DIR: path.join(bin, 'parts') }
    return { lines, options: { env, progress: (line: string) => void lines.push(line) } }
  }

  it('are all there', async () => {
    const { lines, options } = await machineWith([
      'dockerd',
      'containerd',
      'ctr',
      'old/docker',
      'new/docker',
    ])
    const { missing, env } = await installClients(options)
    assert.deepEqual(missing, [])
    assert.deepEqual(lines, [])
    assert.equal(missingHere('docker28', env), false)
    assert.equal(missingHere('docker28', {}), false)
  })

  it('may lack one, which is named, with the reason', async () => {
    const { lines, options } = await machineWith(['dockerd', 'containerd', 'ctr', 'old/docker'])
    const { missing, env } = await installClients(options)
    assert.deepEqual(missing, ['docker28'])
    assert.match(lines.join('\n'), /^docker 28\.5\.2 could not be installed[^]+no go on PATH/)
    assert.equal(missingHere('docker28', env), 'docker28 is not on this machine')
    assert.equal(missingHere('docker20', env), false)
  })

  it('may not lack more', async () => {
    const { options } = await machineWith(['dockerd', 'ctr', 'old/docker', 'new/docker'])
    await assert.rejects(installClients(options), (error) => {
      assert.ok(error instanceof PartsError)
      assert.match(error.message, /^containerd 1\.6\.20 could not be installed/)
      return true
    })
  })
})
