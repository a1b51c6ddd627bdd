import type { ControlPlane } from './control-plane.ts'

/** Watches of single Secrets by name that the API server has open: nobody else asks for such. */
export async function watchesOf({ api }: Pick<ControlPlane, 'api'>): Promise<number> {
  const { body } = await api.send('GET', '/metrics')
  const line =
    /^apiserver_longrunning_requests\{.*resource="secrets",scope="resource",.*verb="WATCH".*\} (\d+)$/m
  return Number(line.exec(String(body['text']))?.[1] ?? 0)
}
