import { z } from 'zod'
import type { DecisionRecord } from '../../event.ts'
import type { Explanation } from '../../policy/explain.ts'
import { LOGIN_CAUSES } from '../../login-cause.ts'
import { REASONS } from '../../refusal.ts'
import { ROUTE_NAMES } from '../../route-name.ts'

/** A decision, as the operations port of the rauth that made it tells of it. */
export interface ToldDecision {
  readonly record: Omit<DecisionRecord, 'duration'>
  readonly explanation: Explanation | undefined
}

/** What an operations port answers at `/decisions/ID`, or where in it something is not as a rauth writes it. */
export type ReadDecision = ToldDecision | { readonly flawAt: string }

/** Reads the answer about the decision of an id. What no decision has is left out: whoever answers may be anybody. */
export function readDecision(body: string, id: string): ReadDecision {
  let answer: unknown
  try {
    answer = JSON.parse(body)
  } catch {
    return { flawAt: '' }
  }
  const { success, data, error } = DECISION.safeParse(answer)
  if (!success) return { flawAt: error.issues[0]?.path.join('.') ?? '' }
  const { explanation, ...record } = data
  return record.id === id ? { record, explanation } : { flawAt: 'id' }
}

/** Ends at the first item that is none: millions of them cost no more than one. */
function listOf<T extends z.ZodType>(item: T) {
  return z.array(z.unknown()).transform((values, context) => {
    const items: z.output<T>[] = []
    for (const [index, value] of values.entries()) {
      const { success, data, error } = item.safeParse(value)
      if (!success) {
        const path = [index, ...(error.issues[0]?.path ?? [])]
        context.issues.push({ code: 'custom', input: value, path })
        return z.NEVER
      }
      items.push(data)
    }
    return items
  })
}

const text = z.string()
const texts = listOf(text)
const maybe = text.exactOptional()
const count = z.number()

const ACCESS = listOf(z.object({ type: text, name: text, actions: texts }))

const RULE = z.object({
  rule: text,
  matches: z.enum(['yes', 'no', 'unknown', 'some']),
  actions: texts,
  shadow: z.literal(true).exactOptional(),
  unmet: listOf(
    z.object({
      condition: z.enum([
        ...(['type', 'name', 'namespace', 'serviceaccount', 'account'] as const),
        ...(['service', 'labels', 'ip', 'when', 'tags'] as const),
      ]),
      told: z.boolean(),
      text,
    }),
  ),
})

const HOLDER = z.object({
  anonymous: z.literal(true).exactOptional(),
  namespace: maybe,
  serviceaccount: maybe,
  limit: texts.exactOptional(),
  tried: listOf(RULE),
  untried: count,
})

const RESOURCE = z.object({
  type: text,
  name: text,
  actions: listOf(
    z.object({
      action: text,
      allowed: z.boolean(),
      because: z.enum([
        ...(['rule', 'no rule', 'decider', 'untold', 'credential'] as const),
        ...(['serviceaccount', 'shadow', 'name'] as const),
      ]),
      rule: maybe,
      reason: maybe,
    }),
  ),
  holders: listOf(HOLDER),
})

/** Each field that a record may have. */
const FIELDS = {
  time: maybe,
  id: text,
  half: z.enum(['token', 'gateway', 'catalog', 'cli']),
  route: z.enum(ROUTE_NAMES).exactOptional(),
  outcome: z.enum(['allowed', 'refused', 'failed']),
  reason: z.enum(REASONS).exactOptional(),
  detail: maybe,
  cause: z.enum(LOGIN_CAUSES).exactOptional(),
  status: count,
  account: maybe,
  namespaces: texts.exactOptional(),
  credentials: texts.exactOptional(),
  requested: maybe,
  path: maybe,
  granted: maybe,
  rule: maybe,
  shadow: maybe,
  mount: z.literal('removed').exactOptional(),
  tokenId: maybe,
  refreshTokenId: maybe,
  keyId: maybe,
  address: maybe,
  method: maybe,
  requestId: maybe,
  trace_id: maybe,
  span_id: maybe,
  duration: count.exactOptional(),
  explanation: z
    .object({ policy: maybe, granted: ACCESS, resources: listOf(RESOURCE) })
    .exactOptional(),
} satisfies Record<keyof DecisionRecord | 'time' | 'explanation', z.ZodType>

const DECISION = z.object(FIELDS)
