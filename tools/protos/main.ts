import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { formatChecksums, parseChecksums, sha256 } from './checksums.ts'
import { closure } from './closure.ts'

/**
 * `node tools/run.mjs protos [--write]`: proto/ is what the npm package has, unchanged, and what
 * proto/SHA256SUMS says. Without --write it only tells what differs.
 */

/** The repository, from dist/tools/protos. */
const ROOT = path.resolve(import.meta.dirname, '../../..')
const TARGET = path.join(ROOT, 'proto')
const SUMS = path.join(TARGET, 'SHA256SUMS')

const PACKAGE = '@grpc/grpc-js-xds'
const ENTRY = 'envoy/service/auth/v3/external_auth.proto'
const ROOTS = ['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate']

const wanted = closure(
  ENTRY,
  ROOTS.map((name) => path.join(ROOT, 'node_modules', PACKAGE, 'deps', name)),
)
const present = readdirSync(TARGET, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.proto'),
)

function differences(): readonly string[] {
  const sums = parseChecksums(read(SUMS)?.toString('utf8') ?? '')
  const found: string[] = []
  for (const [name, content] of wanted) {
    const own = read(path.join(TARGET, name))
    if (own === undefined) found.push(`${name} is missing`)
    else if (!own.equals(content)) found.push(`${name} is not what ${PACKAGE} has`)
    if (sums.get(name) !== sha256(content)) found.push(`${name} has another sum in SHA256SUMS`)
  }
  for (const name of new Set([...present, ...sums.keys()])) {
    if (!wanted.has(name)) found.push(`${name} is not needed by ${ENTRY}`)
  }
  return found
}

function write(): void {
  for (const name of present) if (!wanted.has(name)) rmSync(path.join(TARGET, name))
  for (const [name, content] of wanted) {
    const file = path.join(TARGET, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
  writeFileSync(SUMS, formatChecksums(wanted))
}

function read(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}

function main(args: readonly string[]): number {
  const [option, ...more] = args
  if (more.length > 0 || (option !== undefined && option !== '--write')) {
    process.stderr.write('usage: node tools/run.mjs protos [--write]\n')
    return 2
  }
  if (option === '--write') {
    write()
    process.stdout.write(`proto: wrote ${wanted.size} files and SHA256SUMS\n`)
    return 0
  }
  const found = differences()
  if (found.length > 0) {
    process.stderr.write(
      `${found.map((line) => `proto: ${line}`).join('\n')}\n` +
        `proto: next: node tools/run.mjs protos --write, then look at the difference\n`,
    )
    return 1
  }
  process.stdout.write(`proto: ${wanted.size} files are those of ${PACKAGE} and of SHA256SUMS\n`)
  return 0
}

process.exitCode = main(process.argv.slice(2))
