import { NotOffered, type Clause } from './clause.ts'
import { ANONYMOUS_CLAUSES } from './clauses/anonymous.ts'
import { BASIC_CLAUSES } from './clauses/basic.ts'
import { JWT_CLAUSES } from './clauses/jwt.ts'
import { OAUTH_CLAUSES } from './clauses/oauth.ts'
import { REFRESH_CLAUSES } from './clauses/refresh.ts'
import { REGISTRY_CLAUSES } from './clauses/registry.ts'
import { SCOPE_CLAUSES } from './clauses/scope.ts'
import { TOKEN_CLAUSES } from './clauses/token.ts'
import { TokenServer, type Target } from './token-server.ts'

export const CLAUSES: readonly Clause[] = [
  ...TOKEN_CLAUSES,
  ...SCOPE_CLAUSES,
  ...BASIC_CLAUSES,
  ...JWT_CLAUSES,
  ...OAUTH_CLAUSES,
  ...REFRESH_CLAUSES,
  ...ANONYMOUS_CLAUSES,
  ...REGISTRY_CLAUSES,
]

export interface ClauseResult {
  readonly clause: Clause
  readonly outcome: 'pass' | 'fail' | 'not offered'
  /** Why not. */
  readonly note: string
}

/** Every clause, one after the other: a server may count what fails. */
export async function runSuite(target: Target): Promise<readonly ClauseResult[]> {
  const server = new TokenServer(target)
  const results: ClauseResult[] = []
  for (const clause of CLAUSES) results.push(await runClause(clause, server))
  return results
}

async function runClause(clause: Clause, server: TokenServer): Promise<ClauseResult> {
  try {
    await clause.check(server)
    return { clause, outcome: 'pass', note: '' }
  } catch (thrown) {
    const note = thrown instanceof Error ? thrown.message : String(thrown)
    return { clause, outcome: thrown instanceof NotOffered ? 'not offered' : 'fail', note }
  }
}
