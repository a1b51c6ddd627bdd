import { createHash } from 'node:crypto'
import { parseInstant } from '../instant.ts'
import { ROTATED_AT } from './marks.ts'

/** A part of its life by which a password is rotated earlier, by chance: up to this. */
const SPREAD = 0.1

/** How far clocks may differ, seconds. */
export const LEEWAY = 10

/** From 0 to 1, always the same for a namespace. */
function fractionOf(namespace: string): number {
  return createHash('sha256').update(namespace, 'utf8').digest().readUInt32BE() / 2 ** 32
}

/** When the password was made, seconds since the epoch; undefined where nothing that can be is said. */
export function rotatedAt(
  annotations: Readonly<Record<string, string>>,
  now: number,
): number | undefined {
  const at = parseInstant(annotations[ROTATED_AT] ?? '')
  // Written by a clock that was ahead: it would keep the password for as long as that was.
  return at === undefined || at > now + LEEWAY ? undefined : at
}

/**
 * When a password that was made at a time is due, seconds since the epoch. Never later than it should be; earlier
 * by a share of up to a tenth that each namespace has: those that began together do not go on so.
 */
export function rotationDue(namespace: string, madeAt: number, rotateAfter: number): number {
  return madeAt + rotateAfter * (1 - SPREAD * fractionOf(namespace))
}
