import { RauthError } from '../../errors.ts'

/** What came of one look. */
export interface Finding {
  readonly check: string
  readonly state: 'ok' | 'failed' | 'unreachable' | 'skipped'
  /** What was seen and, where that is not good, what to do. */
  readonly what: string
}

/** One look at a deployment; what it throws is a finding, too. */
export interface Check {
  readonly name: string
  readonly look: () => Promise<Omit<Finding, 'check'>>
}

export const ok = (what: string) => ({ state: 'ok', what }) as const
export const failed = (what: string) => ({ state: 'failed', what }) as const
export const skipped = (what: string) => ({ state: 'skipped', what }) as const

/**
 * The findings of checks that ask the same peer, one after the other. Once it does not answer, the others are skipped:
 * each would wait as long.
 */
export async function findingsOf(checks: readonly Check[]): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const check of checks) {
    const silent = findings.find(({ state }) => state === 'unreachable')
    const finding =
      silent === undefined
        ? await findingOf(check)
        : { check: check.name, ...skipped(`nobody answered where “${silent.check}” asked`) }
    findings.push(finding)
  }
  return findings
}

async function findingOf({ name, look }: Check): Promise<Finding> {
  try {
    return { check: name, ...(await look()) }
  } catch (error) {
    if (!(error instanceof RauthError)) throw error
    const state = error.code === 'ERR_UNREACHABLE' ? 'unreachable' : 'failed'
    return { check: name, state, what: error.message }
  }
}
