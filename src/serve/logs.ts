import { isatty } from 'node:tty'
import { createAudit } from '../adapters/ops/audit.ts'
import { openAuditFile, type AuditFile } from '../adapters/ops/audit-file.ts'
import type { HealthPart } from '../adapters/ops/health.ts'
import { logDecision, logWrite } from '../adapters/ops/decision-line.ts'
import { createLogger } from '../adapters/ops/logger.ts'
import { isPretty, openStdout } from '../adapters/ops/stdout.ts'
import type { WriteEvent } from '../control/write-event.ts'
import { auditFileOf } from '../config/audit-schema.ts'
import type { Config } from '../config/schema.ts'
import type { Log } from '../log.ts'
import type { Sink } from './sinks.ts'

export interface LogsOptions {
  readonly config: Pick<Config, 'logLevel' | 'logFormat' | 'audit'>
  readonly terminal: Terminal
  /** Which of several processes this is. */
  readonly worker?: number | undefined
  /** A line of the audit will never be there. */
  readonly onLost: () => void
}

/** What stdout is. */
export interface Terminal {
  readonly isTerminal: boolean
  /** https://no-color.org */
  readonly noColor: boolean
}

/** That of this process. Not by `process.stdout`: to look at that is to make a pipe one that can be full. */
export function ownTerminal(): Terminal {
  return { isTerminal: isatty(1), noColor: (process.env['NO_COLOR'] ?? '') !== '' }
}

/** What is written of what rauth does, and of each decision. */
export interface Logs {
  readonly log: Log
  /** What is made of decisions, each for {@link recordTo}. */
  readonly sinks: readonly Sink[]
  /** Of `rauth controller`. What was written is written: it is recorded as far as it can be. */
  readonly recordWrite: (event: WriteEvent) => void
  /** From now on only what is as grave as this is logged. */
  setLevel(level: Config['logLevel']): void
  /** Logs all there is, or again what is configured. */
  readonly toggleDebug: () => void
  /** Writes the audit into the file that has its name by then. */
  reopen(): void
  /** Of the audit, where it has a file of its own. */
  readonly health: HealthPart | undefined
  /** Once no more decisions are made. */
  readonly close: () => Promise<void>
}

/** Opens what is written to. Throws ERR_AUDIT_UNWRITABLE. */
export async function openLogs({ config, terminal, worker, onLost }: LogsOptions): Promise<Logs> {
  const { audit, logFormat } = config
  let level = config.logLevel
  let debugging = false
  const { isTerminal, noColor } = terminal
  const stdout = openStdout({
    pretty: isPretty(logFormat, isTerminal),
    colors: isTerminal && !noColor,
    // Of the audit, or of the log that it is in.
    onLost: auditFileOf(audit) === undefined ? onLost : () => undefined,
  })
  const base = worker === undefined ? null : { worker }
  const log = createLogger(level, stdout, base)
  const file = await openFile()
  const lines = audit.to === 'log' ? log : createLogger('trace', file ?? stdout, base)
  const write = createAudit({
    ...{ logger: lines, sampleReads: audit.sampleReads, random: Math.random },
    all: () => log.isLevelEnabled('debug'),
  })

  async function openFile(): Promise<AuditFile | undefined> {
    const path = auditFileOf(audit)
    if (path === undefined) return undefined
    return openAuditFile({
      ...{ file: path, timer: () => performance.now(), onLost },
      onTrouble(problem) {
        if (problem !== undefined) log.error({ error: problem }, 'the audit is not written')
        else log.info({ file: path }, 'the audit is written again')
      },
    })
  }

  const sinks: readonly Sink[] = [
    {
      ...{ name: 'audit', required: true },
      take(event) {
        const problem = audit.required ? file?.problem() : undefined
        // That it was not recorded waits in the file's memory, as far as there is room.
        if (problem !== undefined && event.reason !== 'unrecorded') throw new Error(problem)
        write(event)
      },
    },
    {
      name: 'log',
      take(event) {
        if (file !== undefined && event.outcome === 'failed') logDecision(log, event)
      },
    },
  ]

  function apply(): void {
    log.level = debugging ? 'debug' : level
  }

  return {
    ...{ log, sinks },
    recordWrite(event) {
      logWrite(lines, event)
      if (file !== undefined && event.outcome !== 'allowed') logWrite(log, event)
    },
    setLevel(next) {
      if (next === level) return
      level = next
      apply()
      log.info({ logLevel: level }, 'the log has another level')
    },
    toggleDebug() {
      debugging = !debugging
      apply()
      log.warn({ logLevel: log.level }, debugging ? 'logs all there is' : 'logs what is configured')
    },
    reopen() {
      file?.reopen()
    },
    health: file && {
      name: 'audit',
      ready: () => !audit.required || file.problem() === undefined,
      trouble: () => file.problem(),
    },
    async close() {
      await file?.close()
    },
  }
}
