import { createHash } from 'node:crypto'
import { Agent, type RequestOptions } from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js'
import { messageOf } from '../../errors.ts'
import { flawOfFile, flawOfToken, tokenFileOf } from './token-file.ts'

/** What a request to the API server needs beside its path. */
export interface Way {
  /** Of `node:https`: host, port, agent, and the headers that say who asks. */
  readonly options: Omit<RequestOptions, 'headers'> & {
    readonly headers: Readonly<Record<string, string>>
  }
  /** What stands before the path of each request; not empty where clusters share a host. */
  readonly prefix: string
}

/** How the API server is reached and how one is known there, as it is at the moment. */
export interface Connection {
  /** Rejects when files can't be read or an exec plugin fails; no secret is in the message. */
  way(): Promise<Way>
  /** Reads all files and asks the exec plugin anew, for the next request: what there is was not good. */
  forget(): void
  close(): void
}

/** How long a login may take, milliseconds: more than an exec plugin has, which is ended then. */
const PATIENCE = 65_000

/** Connections at once: a list or two beside a watch for each namespace. */
const MAX_SOCKETS = 256

const NO_LOGIN = 'no login for the API server'

/** `read` gives the kubeconfig as it is now; its signal is aborted when the connection is closed. */
export function createConnection(read: (signal: AbortSignal) => KubeConfig): Connection {
  const stop = new AbortController()
  let config: KubeConfig | undefined
  let asking: { readonly of: KubeConfig; readonly answer: Promise<RequestOptions> } | undefined
  let agent: Agent | undefined
  let identity = ''

  /**
   * One at a time: a plugin that hangs is not started again beside itself. But what was asked before
   * `forget` may bring the login that was not good.
   */
  function ask(known: KubeConfig): Promise<RequestOptions> {
    if (asking?.of === known) return asking.answer
    const options: RequestOptions = {}
    const answer = known
      .applyToHTTPSOptions(options)
      .then(() => options)
      .finally(() => {
        if (asking?.answer === answer) asking = undefined
      })
    asking = { of: known, answer }
    return answer
  }

  /** The connections that there are go on until what they were made with changes. */
  function agentFor(options: RequestOptions, proxied: boolean): RequestOptions['agent'] {
    if (proxied) return options.agent
    const { ca, cert, key, rejectUnauthorized, servername } = options
    const material = { ca, cert, key, rejectUnauthorized, servername }
    const now = createHash('sha256').update(JSON.stringify(material)).digest('base64')
    if (agent === undefined || now !== identity) {
      // What is open there comes to its end by itself.
      identity = now
      agent = new Agent({
        ...defined(material),
        ...{ keepAlive: true, keepAliveMsecs: 15_000, maxSockets: MAX_SOCKETS },
      })
    }
    return agent
  }

  return {
    async way() {
      config ??= read(stop.signal)
      const tokenFile = tokenFileOf(config)
      const unread = tokenFile && flawOfFile(tokenFile)
      if (unread !== undefined) throw new Error(`${NO_LOGIN}: ${unread}`)
      const cluster = config.getCurrentCluster()
      const options = await within(PATIENCE, ask(config)).catch((error: unknown) => {
        throw new Error(`${NO_LOGIN}: ${withoutOutput(error)}`)
      })
      const flaw = tokenFile && flawOfToken(tokenFile, options.headers)
      if (flaw !== undefined) {
        // client-node would keep it for a minute, in which no request leaves, or each as nobody's, refused with a 403.
        config = undefined
        throw new Error(`${NO_LOGIN}: ${flaw}`)
      }
      const url = new URL(cluster?.server ?? '')
      const { headers = {}, auth } = options
      return {
        options: {
          ...{ hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: url.port || 443 },
          agent: agentFor(options, cluster?.proxyUrl !== undefined),
          headers: trimmed(headers as Readonly<Record<string, string>>),
          ...defined({ auth, servername: options.servername }),
        },
        prefix: url.pathname.replace(/\/$/, ''),
      }
    },
    forget() {
      config = undefined
    },
    close() {
      stop.abort()
      agent?.destroy()
    },
  }
}

/** A file with a token may end in a newline, which no header may hold. */
function trimmed(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.trim()]))
}

function defined<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const there = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(there) as { [K in keyof T]: Exclude<T[K], undefined> }
}

/** What a login provider answered that is not what it should be may hold a token. */
function withoutOutput(error: unknown): string {
  if (error instanceof SyntaxError || error instanceof TypeError) {
    return 'the login provider gave none'
  }
  const [line = ''] = messageOf(error).trim().split('\n')
  return line === '' ? 'the exec plugin failed and said nothing' : line.slice(0, 300)
}

async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`none within ${milliseconds / 1000} s`))
    }, milliseconds).unref()
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
