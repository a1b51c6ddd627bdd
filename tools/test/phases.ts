/** The phases of `npm test`, in their order: what is quick and says most about a change first. */
export const PHASES = [
  'format',
  'lint',
  'build',
  'unit',
  'integration',
  'coverage',
  'e2e',
  'nodes',
] as const

export type Phase = (typeof PHASES)[number]

/** What a phase came to; a problem is what to show of a phase that failed. */
export type Outcome = { readonly ok: true; readonly note?: string } | Problem

export interface Problem {
  readonly ok: false
  readonly problem: string
}

export interface Selection {
  readonly phases: readonly Phase[]
  /** Parts of file names; with some, only test files that hold one of them run. */
  readonly filters: readonly string[]
}

/**
 * `[phase…] [part of a file name…]`. Tests are run compiled, so they bring the build phase with
 * them; coverage is judged when both of the phases that it is measured over run whole.
 */
export function select(args: readonly string[]): Selection | Problem {
  const isPhase = (text: string): text is Phase => PHASES.some((phase) => phase === text)
  const named = args.filter(isPhase)
  const filters = args.filter((text) => !isPhase(text))
  const option = filters.find((text) => text.startsWith('-'))
  if (option !== undefined) return unknown(option)
  const chosen = new Set<Phase>(named.length > 0 ? named : PHASES)
  const tests = [...chosen].some((phase) => isTestPhase(phase))
  if (filters[0] !== undefined && (named.length === 0 || !tests)) return unknown(filters[0])
  if (chosen.has('coverage')) chosen.add('unit').add('integration')
  if (chosen.has('unit') && chosen.has('integration')) chosen.add('coverage')
  if (filters.length > 0) chosen.delete('coverage')
  if (tests || chosen.has('coverage')) chosen.add('build')
  return { phases: PHASES.filter((phase) => chosen.has(phase)), filters }
}

/** In groups that run at once: each of the first two has work for one processor. */
export function sideBySide(phases: readonly Phase[]): readonly (readonly Phase[])[] {
  const isFirst = (phase: Phase) => phase === 'format' || phase === 'lint'
  const first = phases.filter(isFirst)
  const rest = phases.filter((phase) => !isFirst(phase)).map((phase) => [phase])
  return first.length === 0 ? rest : [first, ...rest]
}

export type TestPhase = 'unit' | 'integration' | 'e2e'

export function isTestPhase(phase: Phase): phase is TestPhase {
  return phase === 'unit' || phase === 'integration' || phase === 'e2e'
}

export const USAGE = `usage: npm test [-- phase… [part of a file name…]], phases: ${PHASES.join(', ')}`

function unknown(text: string): Problem {
  return { ok: false, problem: `"${text}" is not a phase\n${USAGE}` }
}
