import { ask } from '../../adapters/probe/ask.ts'
import { readDecision } from '../../adapters/probe/decision.ts'
import { RauthError } from '../../errors.ts'
import type { Judged } from '../../serve/asking/judge.ts'

/** The record of a decision, from the operations port of the rauth that made it. */
export async function fetchDecision(id: string, operations: string): Promise<Judged> {
  const { status, body } = await ask(new URL(`/decisions/${id}`, operations))
  const read = status === 200 ? readDecision(body, id) : { flawAt: '' }
  if (!('flawAt' in read)) return read
  throw new RauthError(
    'ERR_DECISION_UNKNOWN',
    status === 404 && isRauth(body)
      ? `${operations} does not know the decision ${id}: it keeps the last ones of its own, so ask the ` +
          'replica that made it, or look for the id in the logs; of an answer with "requestId" the id is that of ' +
          'Envoy’s access log, and rauth’s lines have it as requestId'
      : `${operations} answers ${status}, and not as the operations port of a rauth does${placeOf(read.flawAt)}; ` +
          'next: name that port, listen.operations, which is 9090 unless it is set',
  )
}

/** Whether the answer is of an operations port: whatever else is asked by mistake has 404s, too. */
function isRauth(body: string): boolean {
  return body.startsWith('{"status":')
}

/** What a decision of another version lacks, or has and this one does not know. */
function placeOf(flawAt: string): string {
  return flawAt === '' ? '' : ` (see ${flawAt}: a rauth of another version may differ there)`
}
