import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { logWrite } from '../../../src/adapters/ops/decision-line.ts'
import { createLogger } from '../../../src/adapters/ops/logger.ts'
import type { Step } from '../../../src/control/step.ts'
import { failureEvent, obstacleEvent, writtenEvent } from '../../../src/control/write-event.ts'
import { Redacted } from '../../../src/redacted.ts'
import { auditLines } from '../../support/audit-lines.ts'

const SETTINGS = { secretName: 'registry-credentials', pullSecretName: 'registry-pull-secret' }
const OBSERVED = { namespace: 'team-a' }

const CREATE: Step = {
  ...{ kind: 'create', target: 'credentials', why: 'missing', type: 'Opaque' },
  content: { labels: {}, annotations: {}, data: { password: new Redacted('canary-password') } },
}
const LINK: Step = {
  ...{ kind: 'link', account: 'default', why: 'missing', version: '1', pullSecrets: [] },
}

describe('the record of what the controller does', () => {
  const events = [
    writtenEvent('id-1', CREATE, OBSERVED, SETTINGS),
    writtenEvent('id-2', LINK, OBSERVED, SETTINGS),
    obstacleEvent('id-3', OBSERVED, { reason: 'CredentialsNotOwned', message: 'is of another' }),
    failureEvent('id-4', 'team-a', 'the API server does not answer'),
  ]

  it('is a line like that of a decision, by the schema that users have, and no secret', () => {
    const written: string[] = []
    const logger = createLogger('info', { write: (line) => void written.push(line) })
    for (const event of events) logWrite(logger, event)
    assert.doesNotMatch(written.join(''), /canary/)
    assert.deepEqual(
      auditLines(written.join('')).map(({ level, id, outcome, reason, action, object, cause }) =>
        [level, id, outcome, reason, action, object, cause]
          .map((one) => (typeof one === 'string' ? one : ''))
          .join(' ')
          .trim(),
      ),
      [
        'info id-1 allowed  create Secret/registry-credentials missing',
        'info id-2 allowed  link ServiceAccount/default missing',
        'warn id-3 refused CredentialsNotOwned',
        'error id-4 failed not_written',
      ],
    )
  })
})
