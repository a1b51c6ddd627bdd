import type { Api, Json } from './api.ts'

/** How often it is written until nobody else was quicker. */
const TRIES = 20

/** Writes the status of an object that somebody else may change or take away in the same moment. */
export async function writeStatus(api: Api, place: string, status: Json): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const current = await api.send('GET', place)
    if (current.status === 404) return
    const answer = await api.send('PUT', `${place}/status`, { ...current.body, status })
    if (answer.status === 200 || answer.status === 404) return
    if (answer.status !== 409 || tries === TRIES) {
      throw new Error(`status of ${place}: ${String(answer.status)}`)
    }
  }
}
