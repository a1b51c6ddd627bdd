import { messageOf } from '../errors.ts'
import { moreTelling, type LoginCause } from '../login-cause.ts'
import { accepted, refused, type Result } from '../refusal.ts'
import type { Subject } from '../subject.ts'
import type { Answer, IdentitySource, Login, Silence } from './source.ts'

export type Authenticate = (login: Login) => Promise<Result<Subject>>

/**
 * Who presents these credentials, by the first source in order that knows. A yes and a no end it, and so
 * does an error: what can't be told now must not become what another source makes of it.
 *
 * Where none says yes there is one refusal, at one cost: see {@link Silence.spend}.
 */
export function createAuthenticator(sources: readonly IdentitySource[]): Authenticate {
  return async (presented) => {
    const isToken = sources.some(({ claims }) => claims?.(presented.password) === true)
    const login = isToken ? { ...presented, isToken } : presented
    const silent: Silence[] = []
    const details: string[] = []
    let cause: LoginCause | undefined
    let denied = false
    let guessed = false
    for (const source of sources) {
      if (denied && source.hides !== true) continue
      const answer = await orError(() => source.ask(login))
      const detail = (text: string) => (sources.length === 1 ? text : `${source.name}: ${text}`)
      switch (answer.kind) {
        case 'no':
        case 'not-mine':
          silent.push(answer)
          if (!denied) {
            details.push(detail(answer.detail))
            cause = moreTelling(cause, answer.cause)
          }
          denied ||= answer.kind === 'no'
          guessed ||= denied || answer.guessed === true
          break
        case 'busy':
          return refused('passwords_busy', { guessed: answer.guessed || guessed })
        case 'yes':
          // Behind a no it was asked for its time alone.
          if (!denied) return accepted(answer.subject)
          break
        case 'error':
          if (!denied) {
            return refused('identity_unavailable', { guessed, detail: detail(answer.detail) })
          }
      }
    }
    // In turn, as the sources themselves were asked.
    for (const { spend } of silent) {
      const spent = (await spend?.()) ?? true
      if (!spent) return refused('passwords_busy', { guessed })
    }
    return refused('credentials_invalid', {
      detail: details.join('; '),
      ...(cause === undefined ? {} : { cause }),
    })
  }
}

async function orError(asked: () => Promise<Answer>): Promise<Answer> {
  try {
    return await asked()
  } catch (thrown) {
    return { kind: 'error', detail: messageOf(thrown) }
  }
}
