import type { Step, Why } from './step.ts'

interface Words {
  /** As Events have it. */
  readonly reason: string
  /** What was done, behind the name of what it was done to. */
  readonly message: string
}

/** Why something is written, in words: one row each. */
export const WORDS: Readonly<Record<Why, Words>> = {
  missing: { reason: 'Created', message: 'was not there' },
  changed: { reason: 'Updated', message: 'gets the login of the credentials' },
  unusable: { reason: 'Repaired', message: 'could not be used' },
  unmarked: { reason: 'Repaired', message: 'had lost a mark of rauth' },
  adopted: { reason: 'Adopted', message: "is rauth's from here on; its password stays" },
  aged: { reason: 'Rotated', message: 'gets the next password: it was time' },
  asked: { reason: 'Rotated', message: 'gets the next password: somebody asked' },
  asked_now: {
    reason: 'RotatedNow',
    message: 'gets the next password, and the one before works no longer: somebody asked',
  },
  overlap_begins: {
    reason: 'OverlapBegan',
    message: 'has an end for the password before: the pull Secret has the next one',
  },
  overlap_ended: { reason: 'OverlapEnded', message: 'has one password again' },
  rotation_waits: {
    reason: 'RotationWaits',
    message:
      'waits with the rotation that was asked for: the password before works until the end that ' +
      'rauth.dev/conditions says (rauth.dev/rotate=now does not wait, and ends it at once)',
  },
  condition: { reason: 'Condition', message: 'says how it stands' },
  unmanaged: { reason: 'Unmanaged', message: 'is of a namespace that is no longer chosen' },
}

export function wordsOf({ why }: Step): Words {
  return WORDS[why]
}

/** Whether people want to hear of it: what only says how things stand is read where it stands. */
export function isTold({ why }: Pick<Step, 'why'>): boolean {
  return why !== 'condition'
}
