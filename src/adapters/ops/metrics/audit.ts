import { Counter, type Registry } from 'prom-client'
import { gauge } from './gauges.ts'

export interface AuditMetrics {
  /** A line of the audit will never be there. */
  readonly auditLineLost: () => void
  /** From now on tells whether the file of the audit takes lines. */
  observeAudit(up: () => boolean): void
}

export function createAuditMetrics(registry: Registry): AuditMetrics {
  const lost = new Counter({
    name: 'rauth_audit_lines_lost_total',
    help: 'Lines of the audit that will never be there: its file, or the stdout that it is on, could not be written for too long.',
    registers: [registry],
  })
  return {
    auditLineLost() {
      lost.inc()
    },
    observeAudit(up) {
      gauge(
        registry,
        {
          ...{ name: 'rauth_audit_file_up', merged: 'min' },
          help: 'Whether the file of the audit takes lines (1), or they wait in memory (0).',
        },
        () => (up() ? 1 : 0),
      )
    },
  }
}
