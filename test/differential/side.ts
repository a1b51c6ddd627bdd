import { DIGESTS, readOthers } from './canaries.ts'
import { askAlone, type Connection, type RawAnswer } from './connection.ts'
import { OWN } from './hostile-requests.ts'
import { isUnframed } from './mutations.ts'
import { toBytes, type RawRequest, type Values } from './raw-request.ts'

/** One of the two that are asked the same. */
export interface Side {
  /** Where requests go. */
  readonly port: number
  /** The registry that they end at. */
  readonly registry: number
  /** Uploads that have begun: of team-b, and one that attackers have. */
  other: Values
  /** Token of each client. */
  readonly tokens: readonly string[]
  /** Where the last upload of each client goes on. */
  readonly uploads: string[]
}

/** What placeholders stand for when this client asks there. */
export function valuesOf(side: Side, client: number): Values {
  return {
    ...DIGESTS,
    ...side.other,
    token: side.tokens[client] ?? '',
    upload: side.uploads[client] ?? '',
  }
}

/** Without a connection, or where servers may disagree about the end of a request, on one of its own. */
export function ask(
  side: Side,
  connection: Connection | undefined,
  client: number,
  request: RawRequest,
): Promise<RawAnswer> {
  const bytes = toBytes(request, valuesOf(side, client))
  return connection === undefined || isUnframed(request)
    ? askAlone(side.port, bytes, request.method)
    : connection.ask(bytes, request.method)
}

/** Names that tell of the upload of team-b. */
export const idsOf = ({ other }: Side): readonly string[] => [other['b-id'] ?? '']

/** What others have, as the registry behind it all tells it. */
export function look(side: Side): Promise<readonly string[]> {
  return readOthers(side.registry, side.other['b-upload'] ?? '', [OWN])
}
