import { readSmallFile } from '../adapters/file/small-file.ts'
import { LIVE_VIEW_TOKEN, TOKEN_WORDS } from '../config/live-view-schema.ts'
import type { Config } from '../config/schema.ts'
import { messageOf, RauthError } from '../errors.ts'
import { Redacted } from '../redacted.ts'
import type { NeededFile } from './needed-file.ts'

/** The file that the live view can't be opened without, where it has one. */
export function liveViewFiles(liveView: Config['liveView']): readonly NeededFile[] {
  const { enabled, tokenFile: path } = liveView
  if (!enabled || path === undefined) return []
  const key = 'liveView.tokenFile'
  return [{ key, path, next: ': put a token there', check: liveViewToken(liveView) }]
}

/** The token of now; nothing where none is configured. A file that can't be used is never none. */
export function liveViewToken({ token, tokenFile }: Config['liveView']) {
  if (tokenFile === undefined) return () => Promise.resolve(token)
  return async () => {
    const text = await readSmallFile(tokenFile).catch((cause: unknown) => {
      throw unusable(tokenFile, `cannot be read (${messageOf(cause)}): see that rauth may read it`)
    })
    const found = text.toString('utf8').replace(/\r?\n$/, '')
    if (!LIVE_VIEW_TOKEN.test(found)) throw unusable(tokenFile, TOKEN_WORDS)
    return new Redacted(found)
  }
}

function unusable(file: string, words: string): RauthError {
  return new RauthError('ERR_CONFIG_INVALID', `liveView.tokenFile ${file} ${words}`)
}
