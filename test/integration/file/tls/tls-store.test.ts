import assert from 'node:assert/strict'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createFileTls, type FileTls } from '../../../../src/adapters/file/tls/tls-store.ts'
import { SETTLE } from '../../../../src/adapters/file/trouble.ts'
import { RauthError } from '../../../../src/errors.ts'
import { tlsAuthority } from '../../../support/tls-certificates.ts'
import { mixedKey, mountFiles, pairFiles } from '../keys/key-folder.ts'
import { logInto, type LoggedLine } from '../../../support/logged-lines.ts'
import { putFiles, type Files } from '../../../support/put-files.ts'
import { until as waitUntil } from '../../../support/until.ts'

const DAY = 24 * 60 * 60
const at = (days: number) => new Date(Date.now() + days * DAY * 1000)

const ca = await tlsAuthority('CA')
const otherCa = await tlsAuthority('other CA')
const intermediate = await ca.intermediate('intermediate')
const first = await ca.issue('first')
const second = await ca.issue('second')
const expired = await ca.issue('expired', { from: at(-9), to: at(-1) })
const future = await ca.issue('future', { from: at(1), to: at(9) })
const client = await ca.issue('client', { usage: 'client' })
const below = await intermediate.issue('below')
const chain = { ...below, certificate: below.certificate + intermediate.certificate }

const BAD: readonly (readonly [string, Files, RegExp])[] = [
  ['no key', { ...pairFiles('tls', second), 'tls.key': 'garbage' }, /tls\.key is not a private/],
  ['no certificate', { ...pairFiles('tls', second), 'tls.crt': '' }, /tls\.crt is not a certif/],
  [
    "another key's certificate",
    { ...pairFiles('tls', second), 'tls.crt': first.certificate },
    /tls\.crt is not the certificate of .*tls\.key/,
  ],
  [
    'a key whose halves differ',
    pairFiles('tls', mixedKey(first, second)),
    /key signs what its own certificate/,
  ],
  [
    'one that has ended',
    pairFiles('tls', expired),
    /is good from \S+ to \S+, not now: it has ended/,
  ],
  ['one of tomorrow', pairFiles('tls', future), /it has not begun; next: set that clock/],
  ['one for clients', pairFiles('tls', client), /tls\.crt is for clients only/],
  [
    'a chain in disorder',
    pairFiles('tls', { ...below, certificate: below.certificate + otherCa.certificate }),
    /tls\.crt is no chain/,
  ],
  ['no client CA', { 'clients.crt': first.certificate }, /clients\.crt has a certificate of no CA/],
  ['a client CA without root', { 'clients.crt': intermediate.certificate }, /has no root/],
]

describe('createFileTls', () => {
  let directory: string
  let tls: FileTls | undefined
  let now: number
  let failures: number
  let lines: LoggedLine[]

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'rauth-tls-'))
    ;[now, failures, lines] = [Date.now() / 1000, 0, []]
  })
  afterEach(async () => {
    tls?.close()
    await rm(directory, { recursive: true, force: true })
  })

  const logged = (level: string) => lines.filter((line) => line.level === level)
  const file = (name: string) => path.join(directory, name)
  const put = (files: Files) => putFiles(directory, files)

  const until = (what: string, wanted: () => boolean) => waitUntil(what, 20_000, wanted)

  async function open(recheckMs = 3_600_000): Promise<FileTls> {
    tls = await createFileTls({
      listener: 'token',
      files: {
        ...{ certificate: file('tls.crt'), key: file('tls.key') },
        clientAuthority: file('clients.crt'),
      },
      ...{ recheckMs, clock: () => now },
      log: logInto(lines),
      onFailure: () => (failures += 1),
    })
    return tls
  }

  /** Long enough for a change to have been noticed, settled and told. */
  const settled = () => sleep(700)

  const good = { ...pairFiles('tls', first), 'clients.crt': ca.certificate }

  it('gives what is in the files, tells when it ends, and shows no key', async () => {
    await put(good)
    const opened = await open()
    assert.equal(opened.current().key.reveal().trim(), first.key.trim())
    assert.equal(opened.current().certificate.trim(), first.certificate.trim())
    assert.equal(opened.current().clientAuthority?.trim(), ca.certificate.trim())
    assert.ok(opened.ends().certificate > now + 59 * DAY)
    assert.ok((opened.ends().clientAuthority ?? 0) > now + 59 * DAY)
    assert.doesNotMatch(JSON.stringify([lines, opened.current()]), /PRIVATE KEY/)
    assert.deepEqual(
      lines.map(({ message }) => message),
      ['TLS certificate loaded'],
    )
  })

  it('tells of each new pair', async () => {
    await put(good)
    const opened = await open()
    const seen: string[] = []
    opened.follow(({ certificate }) => seen.push(certificate))
    for (const pair of [second, chain]) {
      await put(pairFiles('tls', pair))
      await until(
        'the new one',
        () => seen.at(-1) === opened.current().certificate && seen.length > 0,
      )
      await until('this one', () =>
        opened.current().certificate.startsWith(pair.certificate.slice(0, 99)),
      )
    }
    await put({ 'clients.crt': otherCa.certificate })
    await until('the new CA', () => opened.current().clientAuthority === otherCa.certificate)
    await settled()
    assert.equal(failures, 0)
    assert.deepEqual(logged('error'), [])
  })

  for (const [name, files, message] of BAD) {
    it(`does not start with ${name}`, async () => {
      await put({ ...good, ...files })
      await assert.rejects(open, (error) => {
        assert.ok(error instanceof RauthError)
        assert.match(error.message, message)
        assert.match(error.message, /; next: /)
        assert.doesNotMatch(error.message, /BEGIN|MIG/)
        return true
      })
      assert.deepEqual(lines, [])
    })

    it(`goes on with what was there when it becomes ${name}, and says so once`, async () => {
      await put(good)
      const opened = await open(300)
      opened.follow(() => assert.fail('a bad one is given out'))
      const before = opened.current()
      await put(files)
      await until('the complaint', () => failures > 0)
      await sleep(700)
      assert.equal(failures, 1)
      assert.equal(logged('error').length, 1)
      assert.match(String(logged('error')[0]?.fields['error']), message)
      assert.doesNotMatch(JSON.stringify(lines), /BEGIN|MIG/)
      assert.match(opened.problem() ?? '', message)
      assert.equal(opened.current(), before)

      await put(good)
      await until('the end of it', () => opened.problem() === undefined)
      assert.equal(lines.at(-1)?.message, 'TLS files can be used again')
    })
  }

  it('does not start without the files, and watches nothing then', async () => {
    await put(pairFiles('tls', first))
    await assert.rejects(open, /clients\.crt cannot be read: ENOENT.*; next: see "tls"/)
    await put({ ...good, 'tls.key': 'garbage' })
    await settled()
    assert.deepEqual(lines, [])
  })

  it('does not speak of files that are written one after the other', async () => {
    await put(good)
    const opened = await open()
    for (let attempt = 0; attempt < 20; attempt += 1) {
      ;[failures, lines.length] = [0, 0]
      const next = attempt % 2 === 0 ? second : first
      const begin = performance.now()
      await writeFile(file('tls.key'), next.key)
      await sleep(150)
      await writeFile(file('tls.crt'), next.certificate)
      // Longer than something wrong may last before it is spoken of: it says nothing.
      const isLate = performance.now() - begin > SETTLE
      await until('the new one', () => opened.current().certificate === next.certificate)
      if (!isLate) break
    }
    await settled()
    assert.equal(failures, 0)
    assert.deepEqual(logged('error'), [])
  })

  it("follows every swap of the kubelet's ..data", async () => {
    const clients = { 'clients.crt': ca.certificate }
    await mountFiles(directory, { ...clients, ...pairFiles('tls', first) })
    const opened = await open()
    for (const pair of [second, first, second, first, second]) {
      await mountFiles(directory, { ...clients, ...pairFiles('tls', pair) })
      await until('the swap', () => opened.current().certificate === pair.certificate)
    }
    await settled()
    assert.equal(failures, 0)
  })

  it('goes on while the folder is away', async () => {
    await put(good)
    const opened = await open()
    const before = opened.current()
    await rename(directory, `${directory}-away`)
    await until('the complaint', () => failures > 0)
    assert.match(opened.problem() ?? '', /cannot be read: ENOENT/)
    assert.equal(opened.current(), before)
    await rename(`${directory}-away`, directory)
    await until('the end of it', () => opened.problem() === undefined)
  })

  it('warns ahead of the end, goes on after it, and says so in both places', async () => {
    await put(good)
    now += 31 * DAY
    const opened = await open(50)
    assert.equal(logged('warn').length, 2, 'the certificate and the CA')
    assert.equal(logged('warn')[0]?.message, 'certificate ends soon')
    assert.match(String(logged('warn')[0]?.fields['file']), /tls\.crt$/)
    const before = opened.current()
    now += 31 * DAY
    await until('the complaint', () => opened.problem() !== undefined)
    const errors = logged('error').map(({ message }) => message)
    assert.ok(errors.includes('certificate has ended: clients refuse to connect'), errors.join())
    assert.equal(opened.current(), before)
  })

  it('takes a pair whose time has come', async () => {
    await put(good)
    const opened = await open(50)
    await put(pairFiles('tls', future))
    await until('the complaint', () => opened.problem() !== undefined)
    now += 2 * DAY
    await until('its time', () => opened.current().certificate === future.certificate)
    assert.equal(opened.problem(), undefined)
  })

  it('says nothing once closed', async () => {
    await put(good)
    const opened = await open()
    opened.close()
    await put({ 'tls.key': 'x' })
    await settled()
    assert.equal(failures, 0)
  })
})
