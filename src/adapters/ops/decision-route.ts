import type { RecentDecisions } from './recent-decisions.ts'
import { json, type OperationsRoute } from './route.ts'

/** `/decisions/ID`: a decision for whoever knows its id; none is listed. */
export function decisionRoute(decisions: Pick<RecentDecisions, 'find'>): OperationsRoute {
  return {
    path: '/decisions/ID',
    answer({ id }) {
      const found = decisions.find(id)
      if (found !== undefined) return json(200, found)
      return json(404, { status: 'not among the last decisions of this process' })
    },
  }
}
