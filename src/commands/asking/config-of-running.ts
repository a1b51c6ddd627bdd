import type { Config } from '../../config/schema.ts'
import { RauthError } from '../../errors.ts'
import type { AnyConfigOption } from '../config-option.ts'
import { configOf } from './offline.ts'

/**
 * The configuration, to ask a rauth that runs by it. One that can't be used says nothing of that rauth, so what is thrown
 * tells how to ask without.
 *
 * @param again The command that asks by a port that is named, such as `rauth doctor --operations URL`.
 */
export function configOfRunning(options: AnyConfigOption, again: string): Config {
  try {
    return configOf(options)
  } catch (error) {
    if (!isUnusable(error)) throw error
    const next = `a rauth that runs goes on with the configuration of before: ask it by its operations port, ${again}`
    throw new RauthError(error.code, `${error.message}\n${next}`, { cause: error })
  }
}

/** Whether a configuration is there, and is wrong. */
export function isUnusable(thrown: unknown): thrown is RauthError {
  return thrown instanceof RauthError && thrown.code === 'ERR_CONFIG_INVALID'
}
