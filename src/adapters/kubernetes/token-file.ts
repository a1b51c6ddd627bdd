import { statSync } from 'node:fs'
import type { OutgoingHttpHeaders } from 'node:http'
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js'

/** Of a user in client-node's KubeConfig, whose type leaves it open. */
interface TokenFileProvider {
  readonly config?: { readonly tokenFile?: string }
}

/** A header with one word of visible ASCII for a token, far longer than any is and no longer than servers read. */
const ONE_TOKEN = /^Bearer [\x21-\x7e]{1,16384}$/

/** The file that holds the token of whoever asks, if it is a file that does. */
export function tokenFileOf(config: KubeConfig): string | undefined {
  const provider = config.getCurrentUser()?.authProvider as TokenFileProvider | undefined
  return provider?.config?.tokenFile
}

/**
 * What keeps that file from being read at all. client-node waits for all of it, and nobody is served meanwhile: for
 * ever, of a pipe.
 */
export function flawOfFile(file: string): string | undefined {
  return isEndless(file) ? `${file} is no regular file; next: name one that is` : undefined
}

function isEndless(file: string): boolean {
  try {
    const found = statSync(file)
    return !found.isFile() && !found.isDirectory()
  } catch {
    // Whoever reads it says why it can't be read.
    return false
  }
}

/** What is wrong with what was read of that file, by the headers that were made of it: somebody may be writing it. */
export function flawOfToken(
  file: string,
  headers: OutgoingHttpHeaders | readonly string[] | undefined,
): string | undefined {
  const { Authorization: sent = '' } = headers as Readonly<Record<string, string | undefined>>
  if (ONE_TOKEN.test(sent.trim())) return undefined
  return sent.replace(/^Bearer /, '').trim() === ''
    ? `${file} holds no token (yet)`
    : `${file} holds something else than a token; next: have that alone in it, in one line of no more than 16 KiB`
}
