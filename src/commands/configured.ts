import { existsSync } from 'node:fs'
import { dockerAuthConfigOf, loadDockerAuthConfig } from '../config/docker-auth/read.ts'
import { loadConfigText, readConfig, USUAL_FILE } from '../config/read.ts'
import type { ConfigSource, LoadedConfig } from '../serve/config-reloads.ts'
import { configFile, type AnyConfigOption } from './config-option.ts'

/** What the options name, and its text; throws a RauthError with each mistake. */
export function loadAnyConfig(
  options: AnyConfigOption,
): Pick<LoadedConfig, 'config' | 'unheeded'> & { readonly text: string } {
  return options.dockerAuthConfig === undefined
    ? { ...loadConfigText(configFile(options), process.env), unheeded: [] }
    : loadDockerAuthConfig(options.dockerAuthConfig, process.env)
}

/** From where {@link loadAnyConfig} has it, for whoever reads it again. */
export function configSource(options: AnyConfigOption): ConfigSource {
  const environment = process.env
  const { dockerAuthConfig } = options
  if (dockerAuthConfig !== undefined) {
    const folder = process.cwd()
    return {
      file: dockerAuthConfig,
      parse: (text) => dockerAuthConfigOf(text, dockerAuthConfig, { folder, environment }),
    }
  }
  const file = configFile(options) ?? (existsSync(USUAL_FILE) ? USUAL_FILE : undefined)
  return {
    file,
    parse: (text) => ({ ...readConfig(text, file ?? USUAL_FILE, environment), unheeded: [] }),
  }
}
