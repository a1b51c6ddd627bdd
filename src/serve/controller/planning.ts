import { createSecretKey, randomBytes } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config/schema.ts'
import type { ControlSettings, PlanContext } from '../../control/settings.ts'
import { createPasswordHasher } from '../../credentials/password.ts'
import { newPassword } from '../../credentials/secret/new-password.ts'

/** What the configuration wants of every namespace. */
export function settingsOf({ controller, secretName, service }: Config): ControlSettings {
  const { registries = [service], ...wanted } = controller
  return { ...wanted, registries, secretName }
}

/** What plans are made with. Secrets are read as `rauth serve` does, only to see whether they can be. */
export function planningOf(config: Config, clock: Clock): () => PlanContext {
  const settings = settingsOf(config)
  const reading = {
    secretName: config.secretName,
    hasher: createPasswordHasher(randomBytes(32)),
    bindingKey: createSecretKey(randomBytes(32)),
  }
  return () => ({ settings, reading, newPassword, now: clock() })
}
