import { CATALOGUE } from '../parts/catalogue.ts'
import { PartsError } from '../parts/failure.ts'
import { installParts, type InstallOptions, type PartName } from '../parts/install.ts'

/** Real clients that some machine may be unable to have, and the parts that each is made of. */
const CLIENTS = {
  docker20: ['dockerd', 'containerd', 'ctr', 'docker20'],
  docker28: ['dockerd', 'containerd', 'ctr', 'docker20', 'docker28'],
  containerd: ['containerd', 'ctr'],
} as const satisfies Readonly<Record<string, readonly PartName[]>>

export type ClientName = keyof typeof CLIENTS

/** How many may be missing: a test that does not run has not passed. */
const TOLERATED = 1

/** Variable by which tests are told what is missing. Unset, they try all and fail loudly. */
const MISSING = 'TEST_WITHOUT_CLIENTS'

export interface Clients {
  readonly missing: readonly ClientName[]
  /** For the tests. */
  readonly env: Readonly<Record<string, string>>
}

/** Installs the parts of all clients. Throws PartsError when more than one client is without its. */
export async function installClients(options: InstallOptions = {}): Promise<Clients> {
  const names = Object.keys(CLIENTS) as ClientName[]
  const missing = await installParts([...new Set(names.flatMap((name) => CLIENTS[name]))], options)
    .then(() => [])
    .catch((error: unknown) => {
      if (!(error instanceof PartsError)) throw error
      const failed = error.failures.map(({ part }) => part)
      const without = names.filter((name) =>
        CLIENTS[name].some((part) => failed.includes(CATALOGUE[part])),
      )
      if (without.length > TOLERATED) throw error
      options.progress?.(error.message)
      return without
    })
  return { missing, env: { [MISSING]: missing.join(',') } }
}

/** For the option `skip` of a test: false, or why there is nothing to test with. */
export function missingHere(name: ClientName, env: NodeJS.ProcessEnv): string | false {
  const missing = env[MISSING]?.split(',') ?? []
  return missing.includes(name) && `${name} is not on this machine`
}
