import type { RecentDecision } from './recent-decisions.ts'
import { json, type OperationsRoute } from './route.ts'

/** Where decisions are, perhaps in other processes. */
export interface DecisionFinder {
  find(id: string): Promise<RecentDecision | undefined> | RecentDecision | undefined
}

/** `/decisions/ID`: a decision for whoever knows its id; none is listed. */
export function decisionRoute(decisions: DecisionFinder): OperationsRoute {
  return {
    path: '/decisions/ID',
    async answer({ id }) {
      const found = await decisions.find(id)
      if (found !== undefined) return json(200, found)
      return json(404, { status: 'not among the last decisions of this process' })
    },
  }
}
