import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { performance } from 'node:perf_hooks'

export const ROOT = path.resolve(import.meta.dirname, '..')

const DIST = path.join(ROOT, 'dist')
const BUILD_INFO = path.join(DIST, '.tsbuildinfo')
/** What the last build was made of and what it found; tools/test reads it for its build phase. */
const RECORD = path.join(DIST, '.build.json')
const PROGRAMS = ['rauth', 'rauth-credential-provider']

const SOURCE_FOLDERS = ['src', 'test', 'tools']
const SOURCE_FILES = ['tsconfig.json', 'package-lock.json']

/**
 * Compiles the tree into dist/ and bundles the programs in it; does nothing when nothing changed since.
 * Type errors are in the answer, because who starts rauth may not care about one in a test.
 */
export async function build(report) {
  const sources = listSources()
  const fingerprint = fingerprintOf(sources)
  const last = readRecord()
  if (last?.fingerprint === fingerprint && missingOutputs(sources).length === 0) return last
  report('build: compiling')
  const begin = performance.now()
  const [compiled, bundled] = await Promise.all([compile(sources), bundle()])
  prune()
  const record = {
    fingerprint,
    seconds: (performance.now() - begin) / 1000,
    problems: [...compiled, ...bundled],
  }
  // A compiler that broke down says nothing of the sources: it is asked again next time.
  if (record.problems.every(({ file }) => file !== undefined)) {
    writeFileSync(RECORD, JSON.stringify(record))
  }
  return record
}

async function compile(sources) {
  let problems = await typescript()
  if (missingOutputs(sources.filter((file) => file.endsWith('.ts'))).length > 0) {
    // The compiler believes its notes; somebody removed what it had written.
    rmSync(BUILD_INFO, { force: true })
    problems = await typescript()
  }
  return problems
}

/** Runs the compiler; it writes JavaScript even where types are wrong. */
async function typescript() {
  const compiler = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  const child = spawn(process.execPath, [compiler, '-p', ROOT, '--pretty', 'false'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text))
  const [code, signal] = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (...ended) => resolve(ended))
  })
  if (code === 0) return []
  if (output.trim() === '') {
    return [
      { file: undefined, text: `tsc ended without a word (${signal ?? `exit code ${code}`})` },
    ]
  }
  const problems = []
  for (const line of output.trimEnd().split('\n')) {
    const last = problems.at(-1)
    // The rest of a long message is indented.
    if (last !== undefined && /^\s/.test(line)) last.text += `\n${line}`
    else problems.push({ file: /^([^\s(]+)\(\d+,\d+\): /.exec(line)?.[1], text: line })
  }
  return problems
}

async function bundle() {
  try {
    const { bundle: write } = await import('./bundle.mjs')
    await write()
    return []
  } catch (error) {
    // A file that isn't there yet is told by the compiler too, which knows the place better.
    return [{ file: 'src/cli.ts', text: `dist/rauth.js: ${error.message}` }]
  }
}

function listSources() {
  const inFolders = SOURCE_FOLDERS.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|mjs|js|css|html)$/.test(name))
      .map((name) => path.join(folder, name)),
  )
  return [...inFolders.sort(), ...SOURCE_FILES]
}

/** Times and sizes, not contents: reading everything would cost more than it finds. */
function fingerprintOf(sources) {
  const hash = createHash('sha256')
  for (const file of sources) {
    const { mtimeMs, size } = statSync(path.join(ROOT, file))
    hash.update(`${file} ${mtimeMs} ${size}\n`)
  }
  return hash.digest('hex')
}

function missingOutputs(sources) {
  const compiled = sources
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => path.join(DIST, file.replace(/\.ts$/, '.js')))
  const bundled = sources.includes(SOURCE_FILES[0]) ? PROGRAMS.flatMap(bundledFiles) : []
  return [...compiled, ...bundled].filter((file) => !existsSync(file))
}

/** What the last bundle of a program wrote; the record of it is the first that must be there. */
function bundledFiles(program) {
  const record = path.join(DIST, `${program}.meta.json`)
  if (!existsSync(record)) return [record]
  const { outputs } = JSON.parse(readFileSync(record, 'utf8'))
  return [record, ...Object.keys(outputs).map((file) => path.join(ROOT, file))]
}

/** Removes what was compiled from a source that is gone: a removed test must not run on. */
function prune() {
  for (const folder of SOURCE_FOLDERS) {
    const compiled = path.join(DIST, folder)
    if (!existsSync(compiled)) continue
    for (const name of readdirSync(compiled, { recursive: true, encoding: 'utf8' })) {
      if (!/\.js(\.map)?$/.test(name)) continue
      const source = path.join(ROOT, folder, name.replace(/\.js(\.map)?$/, '.ts'))
      if (!existsSync(source)) rmSync(path.join(compiled, name))
    }
  }
}

function readRecord() {
  try {
    return JSON.parse(readFileSync(RECORD, 'utf8'))
  } catch {
    return undefined
  }
}
