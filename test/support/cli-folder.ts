import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { initializeKeys } from '../../src/adapters/file/keys/key-maker.ts'
import { secretManifest } from '../../tools/stack/secret-manifest.ts'
import { run, type RunOptions, type RunResult } from './run.ts'

/** The bundled program, from dist/test/support. */
export const PROGRAM = path.resolve(import.meta.dirname, '../../rauth.js')

/** A folder with what commands read: a configuration, a policy, keys and the Secret of team-a. */
export interface CliFolder {
  readonly directory: string
  file(name: string): string
  write(name: string, text: string): Promise<void>
  /** Runs the program there, its own environment without settings of rauth's. */
  rauth(args: readonly string[], options?: RunOptions): Promise<RunResult>
  remove(): Promise<void>
}

/** Its files over the usual ones, by name. */
export async function makeCliFolder(
  files: Readonly<Record<string, string>> = {},
): Promise<CliFolder> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-cli-'))
  const file = (name: string) => path.join(directory, name)
  const write = (name: string, text: string) => writeFile(file(name), text)
  for (const name of ['keys', 'secrets']) await mkdir(file(name), { mode: 0o700 })
  await initializeKeys({ directory: file('keys'), algorithm: 'ES256', now: new Date() })
  const login = { username: 'team-a', password: 'a long random text' }
  await write('secrets/team-a.yaml', secretManifest('team-a', login))
  for (const [name, text] of Object.entries(files)) await write(name, text)
  return {
    ...{ directory, file, write },
    rauth: (args, options = {}) =>
      run(process.execPath, [PROGRAM, ...args], {
        ...{ cwd: directory, env: withoutSettings() },
        ...options,
      }),
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

/** What the user's own environment says of rauth must not change what is tested. */
export function withoutSettings(): Record<string, undefined> {
  const names = Object.keys(process.env).filter((name) => name.startsWith('RAUTH_'))
  return Object.fromEntries(names.map((name) => [name, undefined]))
}
