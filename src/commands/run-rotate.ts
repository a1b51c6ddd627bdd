import { existsSync } from 'node:fs'
import { loadConfigWithoutRealm, USUAL_FILE } from '../config/read.ts'
import { formatInstant } from '../instant.ts'
import { rotateNamespace } from '../serve/controller/rotate/rotate.ts'
import { COMMAND_LOG } from './command-log.ts'
import { configFile, type ConfigOption } from './config-option.ts'
import { say } from './output.ts'

export interface RotateOptions extends ConfigOption {
  readonly now?: true
}

/** `rauth rotate`: gives a namespace its next password. */
export async function runRotate(namespace: string, options: RotateOptions): Promise<void> {
  const now = options.now === true
  const file = configFile(options)
  const rotated = await rotateNamespace(loadConfigWithoutRealm(file, process.env), {
    ...{ namespace, now, knowsRegistries: saysRegistries(file), log: COMMAND_LOG },
    onWait(seconds) {
      say([`every rauth reads the next password; pods get it in ${Math.ceil(seconds)} s`])
    },
  })
  const { previousUntil, obstacle } = rotated
  const before =
    previousUntil === undefined
      ? 'the one before works no longer'
      : `the one before works until ${formatInstant(previousUntil)}`
  const which = obstacle === undefined ? 'both Secrets have' : 'the credentials have'
  process.stdout.write(`${namespace}: ${which} the next password; ${before}\n`)
  if (obstacle === undefined) return
  say([`the pull Secret has not followed: ${obstacle}`])
  process.exitCode = 1
}

/** Whoever rotates may have nothing but a kubeconfig: then what is usual counts, but for the registries. */
function saysRegistries(file: string | undefined): boolean {
  const names = ['RAUTH_REALM', 'RAUTH_SERVICE', 'RAUTH_CONTROLLER_REGISTRIES']
  return (
    file !== undefined ||
    existsSync(USUAL_FILE) ||
    names.some((name) => process.env[name] !== undefined)
  )
}
