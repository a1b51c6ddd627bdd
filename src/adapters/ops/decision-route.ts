import { json, type OperationsRoute } from './route.ts'

/** `/decisions/ID`: a decision for whoever knows its id; none is listed. */
export function decisionRoute(decisions: {
  find(id: string): object | undefined | Promise<object | undefined>
}): OperationsRoute {
  return {
    path: '/decisions/ID',
    async answer({ id }) {
      const found = await decisions.find(id)
      if (found !== undefined) return json(200, found)
      return json(404, { status: 'not among the last decisions of this process' })
    },
  }
}
