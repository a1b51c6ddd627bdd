import { createAskingQueue } from '../../credentials/asking-queue.ts'
import { parseSaidLabels } from '../../credentials/said-labels.ts'
import type { Answer, IdentitySource } from '../../credentials/source.ts'
import { vouchedSubject } from '../../credentials/vouchers.ts'
import { messageOf } from '../../errors.ts'
import type { CredentialReference } from '../../subject.ts'
import { loginShare } from '../login-share.ts'
import type { Outbound } from '../outbound.ts'

export interface IdentityHookOptions {
  readonly url: URL
  readonly outbound: Outbound
  readonly reference: CredentialReference
  /** How many questions are under way at a time. */
  readonly atOnce: number
  /** How long one may wait for its turn, milliseconds. */
  readonly patience: number
}

/**
 * Asks an HTTP server what a command would be asked: a POST of `{"user", "password"}`. 200 is yes, with
 * the labels in its body; 403 no; 404 not mine; any other an error, 401 too, which is about rauth itself.
 */
export function createIdentityHook(options: IdentityHookOptions): IdentitySource {
  const { url, outbound, reference, atOnce, patience } = options
  const queue = createAskingQueue(atOnce)

  async function ask(username: string, password: string): Promise<Answer> {
    const { status, body } = await outbound.request({
      ...{ url, method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ user: username, password }),
    })
    switch (status) {
      case 200: {
        const labels = parseSaidLabels(body)
        return labels === undefined
          ? { kind: 'error', detail: 'the body of the answer is not {"labels": {…}}' }
          : { kind: 'yes', subject: vouchedSubject(username, reference, { labels }) }
      }
      case 403:
        return { kind: 'no', detail: 'the hook denies' }
      case 404:
        return { kind: 'not-mine', detail: 'the hook does not know' }
      default:
        return { kind: 'error', detail: `the hook answered ${status}` }
    }
  }

  return {
    name: 'http',
    async ask(login) {
      const { username, password } = login
      const came = performance.now()
      const asked = queue(loginShare(login), async (): Promise<Answer> => {
        if (performance.now() - came < patience) return ask(username, password.reveal())
        return { kind: 'error', detail: 'the hook had no turn in time' }
      })
      if (asked === undefined) return { kind: 'error', detail: 'too many questions wait' }
      try {
        return await asked
      } catch (thrown) {
        return { kind: 'error', detail: `the hook: ${messageOf(thrown)}` }
      }
    },
  }
}
