import type { AskPage, RepositoryPages } from '../../catalog-pages.ts'
import { refused, type Result } from '../../refusal.ts'
import { createSlots } from '../../slots.ts'
import { readBody } from './body.ts'
import { readCatalogAnswer } from './catalog-answer.ts'
import { failureOf, statusMeaning } from './trouble.ts'

export interface CatalogClientOptions {
  /** The registry, without a path. */
  readonly registry: string
  /** A token of rauth's own that lists the catalog. */
  readonly token: () => Promise<string>
  /** How long one listing may take, with the time that it waits for its turn; milliseconds. */
  readonly timeout: number
}

/** Listings at once, and more that wait: a slow registry does not collect them. */
const SLOTS = { atOnce: 8, waiting: 64, perShare: 16 }

/** Names a page: the most that distribution gives unless it is configured to. */
const PAGE_SIZE = 1000

/** Longest answer, bytes: a page of the longest names is a fourth of it. */
const MAX_BODY = 1024 * 1024

/** The catalog of a registry, over HTTP. */
export function createCatalogClient(options: CatalogClientOptions): RepositoryPages {
  const takeSlot = createSlots(SLOTS)
  const base = new URL('/v2/_catalog', options.registry)

  return {
    async walk({ signal, share }, read) {
      const late = AbortSignal.timeout(options.timeout)
      const end = AbortSignal.any([signal, late])
      const leave = await takeSlot(share, end)
      if (leave === undefined) return refused('catalog_busy')
      try {
        const token = await options.token()
        return await read(pagesOf(base, token, end))
      } finally {
        leave()
      }
    },
  }
}

/** The pages of one listing. */
function pagesOf(base: URL, token: string, signal: AbortSignal): AskPage {
  /** Until the registry takes no such number. */
  let size: number | undefined = PAGE_SIZE

  async function ask(last: string) {
    const url = new URL(base)
    if (size !== undefined) url.searchParams.set('n', String(size))
    if (last !== '') url.searchParams.set('last', last)
    const response = await fetch(url, {
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        'accept-encoding': 'identity',
      },
      // Followed, the token could go to another host.
      redirect: 'manual',
      signal,
    })
    const body = await readBody(response, MAX_BODY)
    return { status: response.status, body, link: response.headers.get('link') }
  }

  return async (last) => {
    try {
      let answer = await ask(last)
      if (answer.status === 400 && size !== undefined) {
        // Its catalog.maxentries is lower.
        size = undefined
        answer = await ask(last)
      }
      if (answer.status !== 200) {
        return unavailable(statusMeaning(answer.status, 'catalog.registry', 'no catalog'))
      }
      if (answer.body === undefined) return unavailable('an answer that is too long')
      return readCatalogAnswer({ body: answer.body, link: answer.link, size })
    } catch (thrown) {
      return unavailable(failureOf(thrown))
    }
  }
}

function unavailable(detail: string): Result<never> {
  return refused('registry_unavailable', { detail })
}
