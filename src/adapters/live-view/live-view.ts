import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { bodyLength, sendAnswer, type HttpAnswer } from '../http-exchange.ts'
import { fileAnswer, GUARDED, jsonAnswer, jsonTextAnswer, withHeaders } from './answers.ts'
import { explainedDecision, type FindDecision } from './explained-decision.ts'
import { readFilter } from './filter.ts'
import { createGate, type GateOptions } from './gate.ts'
import type { LiveFeed } from './live-feed.ts'
import { loginPage, refusal, withSession } from './login.ts'
import { PAGE_FILES, readPageFile } from './page-files.ts'
import { createSession, SESSION } from './session.ts'
import { createSharedTables } from './shared-tables.ts'
import { tablesOf, type TableSources } from './tables.ts'
import { answerQuestion, type Ask } from './question.ts'
import { createSlowGuesses } from './slow-guesses.ts'
import { createViewers } from './viewers.ts'

/** Where it is on the operations port. */
export const LIVE_VIEW = '/live/'

/** Browsers at a time. */
const MOST_VIEWERS = 10

/** Of what is looked for among the namespaces, in characters; more is cut off. */
const LONGEST_TEXT = 256

/** How long others have a turn while many namespaces are looked at, milliseconds. */
const REST = 10

export interface LiveViewOptions extends Omit<GateOptions, 'guesses'> {
  readonly feed: LiveFeed
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Tells this process apart from any other. */
  readonly process: string
  /** What is told once a second beside the rates. */
  readonly health: () => object
  /** What the page says of this process once. */
  readonly about: object
  readonly findDecision: FindDecision
  readonly tables: Omit<TableSources, 'usage' | 'clock' | 'rest'>
  readonly ask: Ask
  /** Told of what kept an answer from being given, such as a token that can't be read. */
  readonly onFailure: (thrown: unknown) => void
}

export interface LiveView {
  /** Answers a request for one of its paths; nothing: it is for somebody else. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void> | undefined
  close(): void
}

type Route = (asked: {
  readonly request: IncomingMessage
  readonly query: URLSearchParams
  /** What follows the name in the path. */
  readonly rest: string
}) => HttpAnswer | Promise<HttpAnswer>

/** The page on which to see what rauth decides, with the paths that it needs: docs/live-view.md. */
export function createLiveView(options: LiveViewOptions): LiveView {
  const { now, clock, token, health, feed } = options
  const gate = createGate({ ...options, guesses: createSlowGuesses() })
  const viewers = createViewers({
    ...{ ring: feed.ring, process: options.process, most: MOST_VIEWERS },
    now: () => ({ time: now(), ...feed.rates.now(), ...health(), viewers: viewers.count() }),
  })

  const sources = { ...options.tables, usage: feed.usage, clock, rest: () => sleep(REST) }
  const tables = createSharedTables((text) => tablesOf(sources, text), now)

  /** For whoever may see data. */
  const data: Readonly<Record<string, Route>> = {
    about: async () => jsonAnswer(200, { ...options.about, login: (await token()) !== undefined }),
    async decisions({ rest }) {
      const found = await options.findDecision(rest)
      return found === undefined
        ? jsonAnswer(404, { error: 'not among the last decisions of this process' })
        : jsonAnswer(200, explainedDecision(found))
    },
    async tables({ query }) {
      const text = (query.get('namespaces') ?? '').trim().slice(0, LONGEST_TEXT)
      return jsonTextAnswer(200, await tables(text))
    },
    async ask({ query }) {
      const answered = await answerQuestion(options.ask, query)
      return jsonAnswer('error' in answered ? 400 : 200, answered)
    },
  }

  /** The token comes in a header: neither in the URL nor in a body that something might keep. */
  async function login(request: IncomingMessage): Promise<HttpAnswer> {
    const entry = await gate.enter(request)
    if (entry.kind !== 'in') return refusal(entry)
    const wanted = await token()
    return withSession(request, wanted === undefined ? '' : createSession(wanted, clock()), SESSION)
  }

  /** The page itself, which holds nothing, or the one that asks for the token. */
  async function page(request: IncomingMessage, path: string): Promise<HttpAnswer> {
    const entry = await gate.mayLoad(request)
    if (entry.kind !== 'in') return refusal(entry)
    const file = PAGE_FILES.find((one) => one === (path === '' ? 'page.html' : path))
    if (file === undefined) return jsonAnswer(404, { error: 'no such page' })
    if (file === 'page.html' && (await gate.wantsLogin(request))) return loginPage()
    return fileAnswer(file, readPageFile(file))
  }

  async function answer(request: IncomingMessage, path: string, query: URLSearchParams) {
    const { method = '' } = request
    const posted = path === 'login' || path === 'logout'
    const methods = posted ? ['POST'] : ['GET', 'HEAD']
    if (!methods.includes(method)) {
      return withHeaders(jsonAnswer(405, { error: 'method not allowed' }), {
        Allow: methods.join(', '),
      })
    }
    if (path === 'login') return login(request)
    if (path === 'logout') return withSession(request, '', 0)
    const [name = '', rest = ''] = path.split('/', 2)
    const route = Object.hasOwn(data, name) ? data[name] : undefined
    if (route === undefined) return page(request, path)
    const entry = await gate.enter(request)
    return entry.kind === 'in' ? route({ request, query, rest }) : refusal(entry)
  }

  /** Why there is no stream; nothing: there is. */
  async function stream(
    request: IncomingMessage,
    response: ServerResponse,
    query: URLSearchParams,
  ): Promise<HttpAnswer | undefined> {
    const entry = await gate.enter(request)
    if (entry.kind !== 'in') return refusal(entry)
    const lastEventId = request.headers['last-event-id']
    const added = viewers.add({
      ...{ response, filter: readFilter(query) },
      lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined,
      headers: { ...GUARDED, 'Content-Type': 'text/event-stream' },
      mayStay: async () => (await gate.enter(request)).kind === 'in',
    })
    const error = `${MOST_VIEWERS} browsers watch already: close one of them`
    return added ? undefined : jsonAnswer(503, { error })
  }

  async function serve(request: IncomingMessage, response: ServerResponse, path: string) {
    const query = new URLSearchParams((request.url ?? '').split('?', 2)[1])
    const isStream = path === 'stream' && request.method === 'GET'
    const answering = isStream ? stream(request, response, query) : answer(request, path, query)
    const answered = await answering.catch((thrown: unknown) => {
      options.onFailure(thrown)
      return jsonAnswer(503, { error: 'rauth could not tell: see its log' })
    })
    if (answered === undefined) return
    sendAnswer({ request, response }, answered, bodyLength(request) > 0)
  }

  return {
    handle(request, response) {
      const path = (request.url ?? '').split('?', 1)[0] ?? ''
      if (`${path}/` === LIVE_VIEW) {
        const moved = withHeaders(jsonAnswer(308, {}), { Location: LIVE_VIEW })
        sendAnswer({ request, response }, moved, bodyLength(request) > 0)
        return Promise.resolve()
      }
      if (!path.startsWith(LIVE_VIEW)) return undefined
      return serve(request, response, path.slice(LIVE_VIEW.length))
    },
    close() {
      viewers.close()
    },
  }
}
