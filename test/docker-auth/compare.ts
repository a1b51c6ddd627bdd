import { DIFFERENCES, REWRITTEN } from './differences.ts'
import { lineOf, outcomeOf, type Outcome } from './outcome.ts'
import { requestOf, type TokenRequest } from './request.ts'
import {
  startDockerAuth,
  startMigrated,
  startRauth,
  type Ground,
  type TokenServer,
} from './servers.ts'
import { worldOf, type World } from './world.ts'
import { Random } from '../support/random.ts'

/** Requests to one pair of servers: starting them costs more than asking them. */
const REQUESTS = 250
const AT_ONCE = 4

export interface Comparison {
  /** Pairs of account and scope that were decided by both. */
  readonly cases: number
  /** By what docker_auth made of them. */
  readonly kinds: ReadonlyMap<string, number>
  /** How often each row of the documented differences showed. */
  readonly seen: ReadonlyMap<string, number>
  /** What differs in another way: nothing should. */
  readonly unexplained: readonly string[]
  /** Requests that the migrated configuration decides in the same way, and in another that it lists. */
  readonly migrated: { readonly same: number; readonly listed: number }
  /** Questions that both ext_authz commands were asked. */
  readonly questions: number
}

/** Asks both servers the same until there were so many cases. */
export async function compare(ground: Ground, wanted: number, seed: number): Promise<Comparison> {
  const random = new Random(seed)
  const kinds = new Map<string, number>()
  const seen = new Map<string, number>()
  const unexplained: string[] = []
  let cases = 0
  let questions = 0
  const migrated = { same: 0, listed: 0 }
  const count = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1)

  for (let number = 0; cases < wanted; number += 1) {
    const world = worldOf(random)
    const requests = Array.from({ length: REQUESTS }, () => requestOf(random, world))
    const name = `world-${seed}-${number}`
    const [docker, rauth, native] = await Promise.all([
      startDockerAuth(ground, world, name),
      startRauth(ground, world, name),
      startMigrated(ground, world, name),
    ])
    const listed = native?.differences.filter((one) => !isRemark(one)) ?? []
    try {
      const left = [...requests]
      /** Questions of requests that docker_auth did not come to the end of. */
      const open = new Set<string>()
      const worker = async () => {
        for (let request = left.pop(); request !== undefined; request = left.pop()) {
          const told = await judge(docker, rauth, world, request)
          if (native !== undefined) {
            const after = lineOf(await outcomeOf(native.server.port, world.pathPrefix, request))
            if (after === told.ours) migrated.same += 1
            else if (listed.length > 0) migrated.listed += 1
            else unexplained.push(`${name}, migrated: ${after}, before ${told.ours}`)
          }
          cases += Math.max(request.scopes.length, 1)
          count(kinds, told.kind)
          if (told.kind !== 'granted' || told.rows.length > 0) {
            for (const scope of request.scopes) open.add(topicOf(request.account, scope))
          }
          for (const row of told.rows) count(seen, row)
          if (told.problem !== undefined) unexplained.push(`${name}: ${told.problem}`)
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, worker))
      const compared = compareQuestions(await docker.questions(), await rauth.questions(), open)
      questions += compared.both
      unexplained.push(...compared.unexplained.map((text) => `${name}: only rauth asked ${text}`))
    } finally {
      await Promise.all([docker.stop(), rauth.stop(), native?.server.stop()])
    }
  }
  return { cases, kinds, seen, unexplained, questions, migrated }
}

/** What is listed of an entry and changes nothing in what it decides. */
function isRemark(difference: string): boolean {
  return / is \* to docker_auth, and is written so| is text to docker_auth, since/.test(difference)
}

async function judge(
  docker: TokenServer,
  rauth: TokenServer,
  world: World,
  request: TokenRequest,
): Promise<{
  readonly kind: string
  readonly rows: readonly string[]
  /** rauth's outcome. */
  readonly ours: string
  readonly problem?: string
}> {
  const [theirs, ours] = await Promise.all([
    outcomeOf(docker.port, world.pathPrefix, request),
    outcomeOf(rauth.port, world.pathPrefix, request),
  ])
  if (lineOf(theirs) === lineOf(ours)) return { kind: theirs.kind, rows: [], ours: lineOf(ours) }
  let meant: Outcome = theirs
  let anyAccess = false
  const rows: string[] = []
  let asked = request
  for (const { row, rewrite } of REWRITTEN) {
    const rewritten = rewrite(asked)
    if (rewritten === undefined) continue
    asked = rewritten
    rows.push(row)
  }
  if (rows.length > 0) meant = await outcomeOf(docker.port, world.pathPrefix, asked)
  for (const { row, applies, expected } of DIFFERENCES) {
    if (!applies(request, world)) continue
    const next = expected(meant, request, world)
    if (next === 'any access') anyAccess = true
    else if (lineOf(next) !== lineOf(meant)) meant = next
    else continue
    rows.push(row)
  }
  const line = (one: Outcome) => lineOf(anyAccess ? { ...one, access: [] } : one)
  if (line(meant) === line(ours)) return { kind: theirs.kind, rows, ours: lineOf(ours) }
  const problem = `${JSON.stringify(request)}\n  docker_auth: ${lineOf(theirs)}\n  rauth:       ${lineOf(ours)}\n  of ${JSON.stringify(world)}`
  return { kind: theirs.kind, rows, ours: lineOf(ours), problem }
}

interface Question {
  readonly Account: string
  readonly Type: string
  readonly Name: string
  readonly Actions: readonly string[]
  readonly Labels: Readonly<Record<string, readonly string[]>> | null
}

const topicOf = (account: string, scope: string) =>
  `${account} ${scope.slice(0, scope.lastIndexOf(':'))}`

/** rauth asks nothing that docker_auth does not; each action once, and `*` alone. */
function compareQuestions(
  theirs: readonly string[],
  ours: readonly string[],
  open: ReadonlySet<string>,
) {
  const known = new Set(theirs.map(canonical))
  const asked = [...new Set(ours)].filter((text) => {
    const { Account, Type, Name } = JSON.parse(text) as Question
    return !open.has(`${Account} ${Type}:${Name}`)
  })
  const unexplained = asked.filter((question) => !known.has(canonical(question)))
  return { both: asked.length - unexplained.length, unexplained }
}

function canonical(question: string): string {
  const { Actions: actions, Labels: labels, ...rest } = JSON.parse(question) as Question
  const once = actions.includes('*') ? ['*'] : [...new Set(actions)].sort()
  const sorted = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify({ ...rest, actions: once, labels: sorted })
}
