import { messageOf } from '../../errors.ts'

/**
 * What a status that is no answer means, in an operator's words. `setting` says where the registry is, and
 * `otherwise` what is missing where the status itself tells nothing.
 */
export function statusMeaning(status: number, setting: string, otherwise: string): string {
  const meaning =
    status === 401 || status === 403
      ? "it does not take rauth's token: compare issuer, service and rootcertbundle of its auth.token"
      : status >= 300 && status < 400
        ? `redirects are not followed: set ${setting} to where it answers`
        : otherwise
  return `the registry answers ${status}: ${meaning}`
}

/** What fetch throws says nothing but that it failed; why is its cause. */
export function failureOf(thrown: unknown): string {
  if (thrown instanceof Error && thrown.name === 'TimeoutError') return 'it takes too long'
  if (thrown instanceof Error && thrown.cause !== undefined) return messageOf(thrown.cause)
  return messageOf(thrown)
}
