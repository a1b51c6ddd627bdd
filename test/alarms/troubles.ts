import { CLUSTER_TROUBLES } from './cluster-troubles.ts'
import { FILE_TROUBLES } from './file-troubles.ts'
import { LOAD_TROUBLES } from './load-troubles.ts'
import type { Trouble } from './trouble.ts'

/** All that is let happen, side by side. */
export const TROUBLES: readonly Trouble[] = [
  ...CLUSTER_TROUBLES,
  ...FILE_TROUBLES,
  ...LOAD_TROUBLES,
]

/** Alerts that one of them makes fire. */
export const MADE: ReadonlySet<string> = new Set(TROUBLES.flatMap(({ alerts }) => alerts))

/** Alerts that no trouble is known for that real parts can be brought into, and why. */
export const UNMADE: Readonly<Record<string, string>> = {
  RauthRecordLost: 'a sink that throws is a mistake in rauth; none is known',
}
