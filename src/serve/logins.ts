import { createBcryptComparison } from '../adapters/bcrypt/compare.ts'
import { createAuthenticator, type Authenticate } from '../credentials/authenticate.ts'
import { createBcryptChecks } from '../credentials/bcrypt-checks.ts'
import type { Common } from './common.ts'
import { createGuarding, type Guarding } from './guessing.ts'

/** How user names and passwords are checked, wherever they come in: failures count together. */
export interface Logins extends Guarding {
  readonly authenticate: Authenticate
}

export async function createLogins(common: Common): Promise<Logins> {
  const { identity, clock, metrics } = common
  const bcrypt = createBcryptChecks({
    ...{ compare: createBcryptComparison(), clock, onLookup: metrics.lookup('bcrypt') },
  })
  const sources = identity.sources(bcrypt)
  return { authenticate: createAuthenticator(sources), ...(await createGuarding(common, sources)) }
}
