import type { KeyObject } from 'node:crypto'
import { createCommand } from '../../adapters/command/command.ts'
import { createIdentityCommand } from '../../adapters/command/identity-command.ts'
import { requireProgram } from '../../adapters/command/program.ts'
import { createIdentityHook } from '../../adapters/http-hook/identity-hook.ts'
import { createOutbound } from '../../adapters/outbound.ts'
import type { Identity } from '../../config/identity-schema.ts'
import { withBriefMemory } from '../../credentials/brief-memory.ts'
import type { CredentialReference } from '../../subject.ts'
import { commandEnvironment } from '../policy-command.ts'
import { readAuthority } from './authority.ts'
import { openLdap } from './ldap.ts'
import { noticed } from './noticed.ts'
import { openOidc } from './oidc.ts'
import type { OpenSource } from './open-source.ts'
import { openServiceAccounts, type ServiceAccountsOptions } from './service-accounts.ts'

export interface AskedOptions extends ServiceAccountsOptions {
  readonly bindingKey: KeyObject
}

type Configured = Identity[number]

/** Most of an answer that is read, bytes. */
const MAX_ANSWER = 64 * 1024

/** Throws a RauthError where it can't be asked at all. */
export async function openAsked(
  configured: Configured,
  reference: CredentialReference,
  options: AskedOptions,
): Promise<OpenSource> {
  const { command, http, oidc, ldap, serviceAccounts } = configured
  if (command?.program !== undefined)
    return openCommand({ ...command, program: command.program }, reference)
  if (http !== undefined) return openHook(http, reference, options)
  if (oidc !== undefined) return openOidc(oidc, reference, options)
  if (ldap !== undefined) return openLdap(ldap, reference, options)
  if (serviceAccounts !== undefined) return openServiceAccounts(serviceAccounts, reference, options)
  throw new Error(`a source of no kind: ${Object.keys(configured).join(', ')}`)
}

async function openCommand(
  command: NonNullable<Configured['command']> & { readonly program: string },
  reference: CredentialReference,
): Promise<OpenSource> {
  const { program, args, timeout, concurrency: atOnce } = command
  const environment = commandEnvironment()
  await requireProgram(program, environment['PATH'], 'identity: command.program')
  const asked = createCommand({ program, args, environment, atOnce, timeout: timeout * 1000 })
  return {
    ...noticed(createIdentityCommand(asked, reference), () => performance.now()),
    close: () => undefined,
  }
}

async function openHook(
  http: NonNullable<Configured['http']>,
  reference: CredentialReference,
  { hasher, clock, metrics }: AskedOptions,
): Promise<OpenSource> {
  const timeout = http.timeout * 1000
  const authority = await readAuthority(http.authority, 'identity: http.authority')
  const outbound = createOutbound({ authority, timeout, limit: MAX_ANSWER })
  const hook = createIdentityHook({
    ...{ url: new URL(http.url), outbound, reference },
    ...{ atOnce: http.concurrency, patience: timeout },
  })
  const { source, problem } = noticed(hook, () => performance.now())
  return {
    source: withBriefMemory(source, {
      ...{ seconds: http.remember, hasher, clock, onLookup: metrics.lookup('identity') },
    }),
    ...{ problem, close: outbound.close },
  }
}
