import type { OutgoingHttpHeaders } from 'node:http'
import type { RequestOptions } from 'node:https'
import type { Authenticator } from '@kubernetes/client-node/dist/auth.js'
import type { Clock } from '../../clock.ts'
import { isMapping } from '../../mapping.ts'
import { runProgram, type ProgramRun } from '../run-program.ts'
import { parseExecCredential, type ExecCredential } from './exec-credential.ts'

/** `auth-provider` of a user whose login a plugin gives: client-node's own never ends one that hangs. */
export const EXEC_PROVIDER = 'rauth-exec'

export interface ExecPluginOptions extends Pick<ProgramRun, 'environment' | 'signal'> {
  /** How long a plugin may take, milliseconds. */
  readonly patience: number
  readonly clock: Clock
}

/** Of what a plugin prints, bytes. */
const MAX_OUTPUT = 1024 * 1024

/** Of what it complains, bytes. */
const MAX_COMPLAINT = 4096

/** How client-node gets the login of such a user. */
export function createExecPlugin(options: ExecPluginOptions): Authenticator {
  let known: ExecCredential | undefined
  return {
    isAuthProvider: ({ authProvider }) =>
      isMapping(authProvider) && authProvider['name'] === EXEC_PROVIDER,
    async applyAuthentication(user, to: RequestOptions) {
      if (known === undefined || known.until <= options.clock()) {
        known = await ask(user.authProvider, options)
      }
      const { token, certificate, key } = known
      if (certificate !== undefined) to.cert = certificate
      if (key !== undefined) to.key = key.reveal()
      if (token === undefined) return
      const headers = to.headers as OutgoingHttpHeaders
      to.headers = { ...headers, Authorization: `Bearer ${token.reveal()}` }
    },
  }
}

/** What a plugin prints when it ends well. It has nobody to read a password from. */
async function ask(provider: unknown, options: ExecPluginOptions): Promise<ExecCredential> {
  const { environment, patience, signal } = options
  const spec = specOf(provider)
  const end = await runProgram({
    ...{ ...spec, environment: { ...environment, ...spec.environment } },
    ...{ patience, signal, most: MAX_OUTPUT, mostComplaint: MAX_COMPLAINT },
  })
  switch (end.kind) {
    case 'exit': {
      if (end.code !== 0) throw new Error(end.said.toString('utf8'))
      const credential = parseExecCredential(end.output.toString('utf8'))
      if (credential === undefined) throw new Error('the exec plugin printed no ExecCredential')
      return credential
    }
    case 'signal':
      throw new Error(`the exec plugin was ended by ${end.name}`)
    case 'late':
      throw new Error(`the exec plugin has not answered within ${patience / 1000} s`)
    case 'too-long':
      throw new Error(`the exec plugin printed more than ${MAX_OUTPUT} bytes`)
    case 'aborted':
      throw new Error('the exec plugin was ended: rauth closes')
    case 'not-run':
      throw new Error(`the exec plugin cannot be run: ${end.problem}`)
  }
}

type ExecSpec = Pick<ProgramRun, 'program' | 'args' | 'environment'>

function specOf(provider: unknown): ExecSpec {
  const config = isMapping(provider) && isMapping(provider['config']) ? provider['config'] : {}
  const list = (key: string) =>
    Array.isArray(config[key]) ? (config[key] as readonly unknown[]) : []
  const program = config['command']
  if (typeof program !== 'string' || program === '') {
    throw new Error('the exec plugin has no command')
  }
  const pairs = list('env')
    .filter(isMapping)
    .map(({ name, value }) => [String(name), String(value)])
  return {
    program,
    args: list('args').map(String),
    environment: Object.fromEntries(pairs) as Record<string, string>,
  }
}
