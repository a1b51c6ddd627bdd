import { chmod, copyFile, mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { baseComponents } from './base.ts'
import { machineCode } from './native.ts'
import { thirdPartyNotices } from './notices.ts'
import { sbomOf } from './sbom.ts'
import { readShipment } from './shipment.ts'

/**
 * Lays out all that the image has over its base, for the Dockerfile, which runs this file as it is:
 *
 *     node tools/shipping/image.ts --out FOLDER --base FOLDER --node /nodejs/bin/node
 *
 * `--base` is the file system of the image that it is put on, `--node` where Node is in it. `TARGETARCH`
 * is the architecture (that of this machine where it is not set), `SOURCE_DATE_EPOCH` the time of every
 * file. Nothing that is laid out can be written to, and the same inputs make the same bytes.
 */
const ROOT = path.resolve(import.meta.dirname, '../..')

const PROGRAM_FOLDER = 'opt/rauth'
const COMMANDS_FOLDER = 'usr/local/bin'
/** Empty: what is mounted there is the configuration. */
const CONFIGURATION_FOLDER = 'etc/rauth'
const DOCUMENTS_FOLDER = 'usr/share/doc/rauth'

interface Layout {
  readonly out: string
  readonly base: string
  readonly node: string
  readonly architecture: string
  /** Seconds since 1970. */
  readonly epoch: number
}

async function layOut({ out, base, node, architecture, epoch }: Layout): Promise<void> {
  const { programs, files, version, packages, native, lockfile } = await readShipment(ROOT)
  const at = async (file: string) => {
    const target = path.join(out, file)
    await mkdir(path.dirname(target), { recursive: true })
    return target
  }
  const write = async (file: string, text: string) => writeFile(await at(file), text)
  const copy = async (file: string, to: string) => copyFile(path.join(ROOT, file), await at(to))

  for (const file of files) await copy(`dist/${file}`, `${PROGRAM_FOLDER}/${file}`)
  for (const { command, file } of programs) {
    // There is no shell and no env, so the command says itself where Node is.
    const program = JSON.stringify(`/${PROGRAM_FOLDER}/${file}`)
    await write(`${COMMANDS_FOLDER}/${command}`, `#!${node}\nimport(${program})\n`)
  }
  await write(
    `${PROGRAM_FOLDER}/package.json`,
    `${JSON.stringify({ name: 'rauth', version, license: 'MIT', type: 'module' })}\n`,
  )
  for (const file of [...native.files, ...(await machineCode(ROOT, native, architecture))]) {
    await copy(file, `${PROGRAM_FOLDER}/${file}`)
  }
  const sbom = sbomOf({
    ...{ lockfile, packages, base: await baseComponents(base, node) },
    timestamp: new Date(epoch * 1000),
  })
  await copy('LICENSE', `${DOCUMENTS_FOLDER}/LICENSE`)
  await write(
    `${DOCUMENTS_FOLDER}/third-party-notices.txt`,
    await thirdPartyNotices(ROOT, packages),
  )
  await write(`${DOCUMENTS_FOLDER}/sbom.cdx.json`, `${JSON.stringify(sbom, undefined, 2)}\n`)
  await mkdir(path.join(out, CONFIGURATION_FOLDER), { recursive: true })
  await settle(out, epoch)
}

/** Modes and times of all, deepest first, since a folder's time changes with what is put into it. */
async function settle(folder: string, epoch: number): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const name = path.join(folder, entry.name)
    if (entry.isDirectory()) await settle(name, epoch)
    else await chmod(name, entry.parentPath.endsWith(COMMANDS_FOLDER) ? 0o555 : 0o444)
    await utimes(name, epoch, epoch)
  }
  await chmod(folder, 0o755)
}

const { values } = parseArgs({
  options: { out: { type: 'string' }, base: { type: 'string' }, node: { type: 'string' } },
})
const { out, base, node } = values
if (out === undefined || base === undefined || node === undefined) {
  process.stderr.write(
    'usage: node tools/shipping/image.ts --out FOLDER --base FOLDER --node FILE\n',
  )
  process.exitCode = 2
} else {
  await layOut({
    ...{ out, base, node },
    architecture: process.env['TARGETARCH'] || (process.arch === 'x64' ? 'amd64' : process.arch),
    epoch: Number(process.env['SOURCE_DATE_EPOCH'] || 0),
  })
}
