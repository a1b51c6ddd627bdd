import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createOutbound } from '../../../src/adapters/outbound.ts'
import { readAuthority } from '../../../src/serve/identity/authority.ts'
import { tlsAuthority } from '../../support/tls-certificates.ts'

const SETTING = 'identity: http.authority'

describe('the CA that a source is under', () => {
  let directory: string
  let server: Server
  const pem = { own: '', other: '', key: '' }
  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-authority-'))
    const own = await tlsAuthority('own')
    const { certificate: cert, key } = await own.issue('hook')
    Object.assign(pem, { own: own.certificate, key })
    pem.other = (await tlsAuthority('other')).certificate
    server = createServer({ cert, key }, (_, response) => response.end('{}'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  after(async () => {
    server.close()
    await rm(directory, { recursive: true, force: true })
  })

  async function read(text: string): Promise<string | undefined> {
    const file = path.join(directory, 'ca.crt')
    await writeFile(file, text)
    return readAuthority(file, SETTING)
  }

  async function statusUnder(text: string): Promise<number> {
    const outbound = createOutbound({ authority: await read(text), timeout: 5_000, limit: 1_000 })
    const { port } = server.address() as AddressInfo
    try {
      const url = new URL(`https://localhost:${port}/`)
      return (await outbound.request({ url, method: 'GET' })).status
    } finally {
      outbound.close()
    }
  }

  it('is whichever stands in the file, words around it or not', async () => {
    assert.equal(await statusUnder(pem.own), 200)
    assert.equal(await statusUnder(`# two of them\n${pem.other}# and\n${pem.own}`), 200)
    await assert.rejects(statusUnder(pem.other), { code: /CERT|UNABLE/ })
  })

  it('is that of Node.js only where no file is named', async () => {
    assert.equal(await readAuthority(undefined, SETTING), undefined)
  })

  const NONE: readonly (readonly [what: string, text: () => string])[] = [
    ['nothing', () => ''],
    ['only white space', () => '\n\n'],
    ['no PEM', () => 'garbage'],
    ['a key', () => pem.key],
    ['half a certificate', () => pem.own.slice(0, 200)],
    ['a certificate that is none', () => pem.own.replace(/\n.{20}/, `\n${'A'.repeat(20)}`)],
    ['one that is none behind a good one', () => `${pem.own}${pem.other.replace('MII', 'AAA')}`],
    ['more than a file of CAs can be', () => `${pem.own}${'#'.repeat(1024 * 1024)}`],
  ]
  for (const [what, text] of NONE) {
    it(`ends the start where the file has ${what}`, async () => {
      await assert.rejects(read(text()), {
        code: 'ERR_CONFIG_INVALID',
        message: /^identity: http\.authority \S+ca\.crt .*; next: put the PEM of the CA there$/,
      })
    })
  }

  it('ends the start where there is no file', async () => {
    await assert.rejects(readAuthority(path.join(directory, 'nowhere.crt'), SETTING), {
      code: 'ERR_CONFIG_INVALID',
      message: /nowhere\.crt cannot be read: ENOENT/,
    })
  })
})
