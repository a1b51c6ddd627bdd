import assert from 'node:assert/strict'
import {
  copyFile,
  cp,
  mkdtemp,
  open,
  readFile,
  readdir,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ARCHITECTURES, machineCode } from '../../tools/shipping/native.ts'
import { thirdPartyNotices } from '../../tools/shipping/notices.ts'
import { labelOf, type Package } from '../../tools/shipping/packages.ts'
import { sbomOf, type Component, type Sbom } from '../../tools/shipping/sbom.ts'
import { readShipment, type Shipment } from '../../tools/shipping/shipment.ts'
import { run } from '../support/run.ts'

/** The repository, from dist/test/integration. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

interface Lockfile {
  readonly packages: Readonly<
    Record<string, { readonly version: string; readonly integrity: string; readonly dev?: true }>
  >
}

describe('what is shipped', () => {
  let shipment: Shipment
  let sbom: Sbom
  let notices: string
  let lockfile: Lockfile

  before(async () => {
    shipment = await readShipment(ROOT)
    sbom = sbomOf(shipment)
    notices = await thirdPartyNotices(ROOT, shipment.packages)
    lockfile = JSON.parse(await readFile(path.join(ROOT, 'package-lock.json'), 'utf8')) as Lockfile
  })

  it('is what the program itself says that it is made of, and bcrypt beside it', async () => {
    const folders = new Set(['node_modules/bcrypt', 'node_modules/node-gyp-build'])
    for (const file of shipment.files) {
      const text = await readFile(path.join(ROOT, 'dist', file), 'utf8')
      // esbuild puts the name of each file before what comes of it.
      for (const [, folder = ''] of text.matchAll(BUNDLED)) folders.add(folder)
    }
    assert.ok(folders.size > 100)
    assert.deepEqual(new Set(shipment.packages.map(({ folder }) => folder)), folders)
  })

  it('stands in the bill of materials, all of it as the lockfile has it, and nothing else', () => {
    const listed = sbom.components.map((one) => `${one['bom-ref']} ${sumOf(one)}`)
    const locked = shipment.packages.map(({ folder }) => {
      const { version, integrity, dev } = lockfile.packages[folder] ?? missing(folder)
      assert.equal(dev, undefined, `${folder} is for development`)
      return `${nameOf(folder)}@${version} ${integrity}`
    })
    assert.deepEqual(listed.sort(), [...new Set(locked)].sort())
    // npm would leave these out, because something for development needs them as well.
    const names = sbom.components.map(({ name }) => name)
    for (const name of ['jose', 'protobufjs', 'lru-cache']) assert.ok(names.includes(name), name)
    // And this it would put in, though bcrypt needs it only to be compiled.
    assert.ok(!names.includes('node-addon-api'))
  })

  it('hangs together: from the program each component is reached, by what production needs', () => {
    const edges = new Map(sbom.dependencies.map((one) => [one.ref, one.dependsOn ?? []]))
    const reached = new Set<string>()
    const queue = [sbom.metadata.component['bom-ref']]
    for (let ref = queue.pop(); ref !== undefined; ref = queue.pop()) {
      if (reached.has(ref)) continue
      reached.add(ref)
      queue.push(...(edges.get(ref) ?? missing(ref)))
    }
    const refs = ['rauth@0.1.0', ...sbom.components.map((one) => one['bom-ref'])]
    assert.deepEqual([...reached].sort(), refs.sort())
    const direct = edges.get('rauth@0.1.0') ?? []
    assert.ok(direct.includes('jose@6.2.17') && direct.includes('bcrypt@6.0.0'))
    assert.ok(!direct.some((ref) => ref.startsWith('ms@')), 'debug needs it, which is not ours')
  })

  it('makes the same bill for the same inputs, and another for others', () => {
    assert.deepEqual(sbomOf(shipment), sbom)
    const timestamp = new Date(86_400_000)
    assert.equal(sbomOf({ ...shipment, timestamp }).metadata.timestamp, '1970-01-02T00:00:00.000Z')
    const fewer = sbomOf({ ...shipment, packages: shipment.packages.slice(1) })
    assert.notEqual(fewer.serialNumber, sbom.serialNumber)
    assert.match(
      fewer.serialNumber ?? '',
      /^urn:uuid:[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-a[\da-f]{3}-[\da-f]{12}$/,
    )
    const stray: Package = { name: 'stray', version: '1.0.0', folder: 'node_modules/stray' }
    assert.throws(() => sbomOf({ ...shipment, packages: [stray] }), /has no stray@1\.0\.0.*npm ci/)
  })

  it('comes with the licence of each package', async () => {
    for (const one of shipment.packages)
      assert.ok(notices.includes(`\n${labelOf(one)} (`), one.name)
    for (const folder of ['express', 'jose', 'socks-proxy-agent/node_modules/agent-base']) {
      const file = folder === 'jose' ? 'LICENSE.md' : 'LICENSE'
      const text = await readFile(path.join(ROOT, 'node_modules', folder, file), 'utf8')
      assert.ok(notices.includes(text.replace(/\r\n/g, '\n').trim()), folder)
    }
    assert.match(
      notices,
      /\n@redis\/client@6\.3\.1 \(MIT\)\n\n.*\n\nCopyright \(c\) the authors of @redis\/client\n\nPermission/,
    )
  })

  it('has machine code for each architecture, and says for which others there is none', async () => {
    const MACHINE: Readonly<Record<string, number>> = { amd64: 62, arm64: 183 }
    assert.deepEqual(ARCHITECTURES, Object.keys(MACHINE))
    for (const architecture of ARCHITECTURES) {
      const [file = '', ...rest] = await machineCode(ROOT, shipment.native, architecture)
      assert.deepEqual(rest, [])
      assert.equal(await elfMachine(path.join(ROOT, file)), MACHINE[architecture], file)
    }
    await assert.rejects(
      machineCode(ROOT, shipment.native, 's390x'),
      /no image for s390x: there is machine code for amd64 and arm64/,
    )
  })

  it('goes into the npm package', async () => {
    const { stdout, output } = await run(
      'npm',
      ['pack', '--dry-run', '--json', '--ignore-scripts'],
      {
        cwd: ROOT,
      },
    )
    // Those that are made when it is packed may not be there yet.
    const [{ files }] = JSON.parse(stdout) as [{ files: readonly { path: string }[] }]
    const names = files.map((file) => file.path)
    const bundled = names.filter((name) => /^dist\/.*js$/.test(name))
    const made = shipment.files.map((file) => `dist/${file}`)
    assert.deepEqual(bundled.sort(), made, output)
    const { files: globs } = JSON.parse(
      await readFile(path.join(ROOT, 'package.json'), 'utf8'),
    ) as { files: readonly string[] }
    assert.ok(globs.includes('dist/sbom.cdx.json'))
    assert.ok(globs.includes('dist/third-party-notices.txt'))
  })
})

describe('the program', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-alone-'))
    await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }')
    await copyFile(path.join(ROOT, 'dist/rauth.js'), path.join(folder, 'rauth.js'))
  })
  after(() => rm(folder, { recursive: true }))

  const version = () => run(process.execPath, [path.join(folder, 'rauth.js'), '--version'])

  it('says what it lacks where somebody copied one file of it, and lacks nothing with the folder', async () => {
    const alone = await version()
    assert.deepEqual([alone.code, alone.stdout], [1, ''])
    assert.match(
      alone.stderr,
      /^Cannot find module .*: rauth is rauth\.js and the folder rauth beside it; next: copy both, of one build\n$/,
    )
    await cp(path.join(ROOT, 'dist/rauth'), path.join(folder, 'rauth'), { recursive: true })
    assert.deepEqual(await version(), {
      ...{ code: 0, stdout: '0.1.0\n', stderr: '', output: '0.1.0\n' },
    })
  })

  it('says the same of a part that is half there, or that a command alone lacks', async () => {
    const parts = path.join(folder, 'rauth')
    await cp(path.join(ROOT, 'dist/rauth'), parts, { recursive: true })
    const check = () => run(process.execPath, [path.join(folder, 'rauth.js'), 'check-config', 'x'])
    const sizes = await Promise.all(
      (await readdir(parts))
        .filter((name) => name.endsWith('.js'))
        .map(async (name) => ({ name, size: (await stat(path.join(parts, name))).size })),
    )
    const [largest = { name: '', size: 0 }] = sizes.sort((a, b) => b.size - a.size)
    const file = path.join(parts, largest.name)
    for (const damage of [() => truncate(file, largest.size - 1_000), () => rm(file)]) {
      await damage()
      const { code, stderr } = await check()
      assert.equal(code, 1)
      assert.match(stderr, /^[^\n]+: rauth is rauth\.js and the folder rauth beside it; next: copy/)
    }
  })
})

describe('the licence of a package', () => {
  let root: string
  before(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'rauth-notices-'))
  })
  after(() => rm(root, { recursive: true }))

  async function make(manifest: object, files: Readonly<Record<string, string>> = {}) {
    const folder = await mkdtemp(path.join(root, 'package-'))
    const identity = { name: 'one', version: '1.0.0' }
    const all = { 'package.json': JSON.stringify({ ...identity, ...manifest }), ...files }
    for (const [name, text] of Object.entries(all)) await writeFile(path.join(folder, name), text)
    return thirdPartyNotices(root, [{ ...identity, folder: path.basename(folder) }])
  }

  it('is every file that must go with it', async () => {
    const files = { 'license.txt': 'words\r\n', NOTICE: 'notice', 'licenses.js': 'code' }
    const notices = await make({ license: 'Apache-2.0' }, { ...files, 'README.md': 'readme' })
    assert.match(notices, /one@1\.0\.0 \(Apache-2\.0\)\n\nnotice\n\nwords\n$/)
  })

  const people = [
    { author: 'Ann Author <ann@example.com> (https://example.com)', by: 'Ann Author' },
    { author: { name: 'Ann Author' }, by: 'Ann Author' },
    { author: undefined, by: 'the authors of one' },
  ]
  for (const { author, by } of people) {
    it(`is MIT's for ${by} where package.json says so and there is no file`, async () => {
      const notices = await make({ license: 'MIT', author })
      assert.match(notices, new RegExp(`Copyright \\(c\\) ${by}\n\nPermission is hereby granted`))
    })
  }

  it('must be known', async () => {
    await assert.rejects(
      make({ license: 'BSD-3-Clause' }),
      /one@1\.0\.0 has no licence file and is/,
    )
    await assert.rejects(make({}), /is under no licence at all/)
  })
})

/** The folder of the package, in a comment or in the name that a CommonJS module has. */
const BUNDLED = /^(?:\/\/ | {2}["'])((?:\S*\/)?node_modules\/(?:@[^/\s]+\/)?[^/\s]+)\//gm

function nameOf(folder: string): string {
  return folder.replace(/^.*node_modules\//, '')
}

/** As the lockfile writes it. */
function sumOf({ hashes = [] }: Component): string {
  const sum = hashes.find(({ alg }) => alg === 'SHA-512')?.content ?? ''
  return `sha512-${Buffer.from(sum, 'hex').toString('base64')}`
}

/** `e_machine` of an ELF file for a little-endian machine. */
async function elfMachine(file: string): Promise<number> {
  const handle = await open(file)
  const header = Buffer.alloc(20)
  await handle.read(header, 0, 20)
  await handle.close()
  assert.equal(header.toString('latin1', 0, 4), '\x7fELF')
  return header.readUInt16LE(18)
}

function missing(what: string): never {
  throw new Error(`no ${what}`)
}
