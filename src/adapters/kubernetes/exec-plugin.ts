import { spawn, type ChildProcess } from 'node:child_process'
import type { OutgoingHttpHeaders } from 'node:http'
import type { RequestOptions } from 'node:https'
import type { Authenticator } from '@kubernetes/client-node/dist/auth.js'
import { isMapping, type Mapping } from '../../mapping.ts'
import { parseObject } from './parse-object.ts'

/** `auth-provider` of a user whose login a plugin gives: client-node's own never ends one that hangs. */
export const EXEC_PROVIDER = 'rauth-exec'

export interface ExecPluginOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** How long a plugin may take, milliseconds. */
  readonly patience: number
  /** Ends one that runs. */
  readonly signal?: AbortSignal | undefined
}

/** Of what a plugin prints, bytes. */
const MAX_OUTPUT = 1024 * 1024

/** Of what it complains, bytes. */
const MAX_COMPLAINT = 4096

/** Between the end of a plugin and of what it prints, milliseconds: it may have left somebody who holds on to that. */
const LINGER = 1_000

/** How client-node gets the login of such a user. */
export function createExecPlugin(options: ExecPluginOptions): Authenticator {
  let known: { readonly credential: Mapping; readonly until: number } | undefined
  return {
    isAuthProvider: ({ authProvider }) =>
      isMapping(authProvider) && authProvider['name'] === EXEC_PROVIDER,
    async applyAuthentication(user, to: RequestOptions) {
      if (known === undefined || known.until <= Date.now()) {
        const credential = credentialIn(await run(specOf(user.authProvider), options))
        const expiry = Date.parse(textOf(credential['expirationTimestamp']) ?? '')
        // Without one it is good until the API server says no.
        known = { credential, until: Number.isNaN(expiry) ? Infinity : expiry }
      }
      const { credential } = known
      const [cert, key, token] = [
        textOf(credential['clientCertificateData']),
        textOf(credential['clientKeyData']),
        textOf(credential['token']),
      ]
      const headers = token && {
        ...(to.headers as OutgoingHttpHeaders),
        Authorization: `Bearer ${token}`,
      }
      Object.assign(to, cert && { cert }, key && { key }, headers && { headers })
    },
  }
}

interface ExecSpec {
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

function specOf(provider: unknown): ExecSpec {
  const config = isMapping(provider) && isMapping(provider['config']) ? provider['config'] : {}
  const list = (key: string) =>
    Array.isArray(config[key]) ? (config[key] as readonly unknown[]) : []
  const command = textOf(config['command'])
  if (command === undefined) throw new Error('the exec plugin has no command')
  const pairs = list('env')
    .filter(isMapping)
    .map(({ name, value }) => [String(name), String(value)])
  return {
    command,
    args: list('args').map(String),
    environment: Object.fromEntries(pairs) as Record<string, string>,
  }
}

/** What a plugin prints when it ends well. Ends it, and all that it started, when it does not answer in time. */
function run(spec: ExecSpec, options: ExecPluginOptions): Promise<string> {
  const { patience, signal } = options
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    // A group of its own, which can be ended with its children; and nobody to read a password from.
    const child: ChildProcess = spawn(spec.command, spec.args, {
      env: { ...options.environment, ...spec.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const output = collect(child.stdout, MAX_OUTPUT, () => {
      fail(new Error(`the exec plugin printed more than ${MAX_OUTPUT} bytes`))
    })
    const complaint = collect(child.stderr, MAX_COMPLAINT, () => undefined)
    const late = setTimeout(() => {
      fail(new Error(`the exec plugin has not answered within ${patience / 1000} s`))
    }, patience)
    const closing = () => {
      fail(new Error('the exec plugin was ended: rauth closes'))
    }
    signal?.addEventListener('abort', closing)
    let linger: NodeJS.Timeout | undefined

    function over(): void {
      clearTimeout(late)
      clearTimeout(linger)
      signal?.removeEventListener('abort', closing)
      child.stdout?.destroy()
      child.stderr?.destroy()
    }
    function fail(error: Error): void {
      over()
      endGroup(child)
      reject(error)
    }
    function ended(code: number | null): void {
      over()
      if (code === 0) resolve(output())
      else reject(new Error(complaint()))
    }
    child.once('error', fail)
    child.once('exit', (code) => {
      linger = setTimeout(() => {
        ended(code)
      }, LINGER)
    })
    child.once('close', ended)
  })
}

function collect(
  stream: NodeJS.ReadableStream | null,
  most: number,
  onTooMuch: () => void,
): () => string {
  const chunks: Buffer[] = []
  let length = 0
  // Node starts some without their streams, when there are too many files open.
  stream?.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > most) onTooMuch()
    else chunks.push(chunk)
  })
  return () => Buffer.concat(chunks).toString('utf8')
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

/** The `status` of an ExecCredential of client.authentication.k8s.io; nothing of the text is in an error. */
function credentialIn(text: string): Mapping {
  const status = parseObject(text)?.['status']
  const has = (key: string) => isMapping(status) && textOf(status[key]) !== undefined
  if (!isMapping(status) || !(has('token') || has('clientCertificateData'))) {
    throw new Error('the exec plugin printed no ExecCredential')
  }
  return status
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
