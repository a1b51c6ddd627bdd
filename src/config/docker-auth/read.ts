import path from 'node:path'
import { messageOf, RauthError } from '../../errors.ts'
import { MOST_CONFIG, readBoundedText } from '../bounded-text.ts'
import type { Environment } from '../environment.ts'
import { problemsError } from '../problems.ts'
import { settleConfig } from '../settle.ts'
import type { Config } from '../schema.ts'
import { dockerAuthOf, type DockerAuthDocument } from './document.ts'
import { nativeValues, originOf, unheeded } from './native.ts'

/** A docker_auth configuration as rauth's own. */
export interface ReadDockerAuth {
  readonly config: Config
  /** What of it stands in the text, as rauth calls it. */
  readonly written: Readonly<Record<string, unknown>>
  /** What it asks for that rauth does in its own way: to be told at the start. */
  readonly unheeded: readonly string[]
}

/**
 * The text of a docker_auth configuration, and the environment over it; `folder`: the one that relative
 * paths are taken from, as docker_auth takes them from where it runs. Throws a RauthError that lists each
 * mistake with its place.
 */
export function dockerAuthConfigOf(
  text: string,
  fileName: string,
  { folder, environment }: { readonly folder: string; readonly environment: Environment },
): ReadDockerAuth {
  const { data, locate } = dockerAuthOf(text, fileName)
  const file = path.resolve(folder, fileName)
  const values = nativeValues(data, { file, folder })
  const settled = settleConfig({ values, locate, keyOf: originOf }, fileName, environment)
  if (settled.problems !== undefined) throw problemsError(settled.problems)
  return { ...settled, unheeded: unheeded(data) }
}

/** The same of a file, with the text that was read. */
export function loadDockerAuthConfig(
  fileName: string,
  environment: Environment,
): ReadDockerAuth & { readonly text: string } {
  const text = readText(fileName)
  const folder = process.cwd()
  return { ...dockerAuthConfigOf(text, fileName, { folder, environment }), text }
}

export function loadDockerAuth(fileName: string): DockerAuthDocument {
  return dockerAuthOf(readText(fileName), fileName)
}

function readText(fileName: string): string {
  try {
    return readBoundedText(fileName, MOST_CONFIG)
  } catch (cause) {
    const message = `cannot read the docker_auth configuration: ${messageOf(cause)}`
    throw new RauthError('ERR_CONFIG_INVALID', message, { cause })
  }
}
