import { isMapping } from '../../mapping.ts'

/** What one process may ask of another: question and answer, by name. */
export type Calls = Readonly<Record<string, readonly [question: unknown, answer: unknown]>>

/** To a process at the other end of a pipe. */
export interface Channel<Theirs extends Calls> {
  /** Rejects where no answer comes in time, or the other end could not give one. */
  ask<Name extends keyof Theirs & string>(
    name: Name,
    question: Theirs[Name][0],
  ): Promise<Theirs[Name][1]>
  /** The same where nobody waits for the answer: what fails is seen by other means. */
  tell<Name extends keyof Theirs & string>(name: Name, question: Theirs[Name][0]): void
}

export type Answers<Ours extends Calls> = {
  readonly [Name in keyof Ours]: (question: Ours[Name][0]) => Ours[Name][1] | Promise<Ours[Name][1]>
}

/** The pipe, which loses nothing and keeps the order while both ends live. */
export interface Pipe {
  /** Does not throw: what can't be sent is lost. */
  send(message: object): void
  onMessage(take: (message: unknown) => void): void
}

/** How long an answer may take, milliseconds: the other process is on the same machine. */
const PATIENCE = 2_000

/** Questions and answers over a pipe between two processes of this program. */
export function createChannel<Theirs extends Calls, Ours extends Calls>(
  pipe: Pipe,
  answers: Answers<Ours>,
): Channel<Theirs> {
  const waiting = new Map<number, (message: Readonly<Record<string, unknown>>) => void>()
  let last = 0

  async function reply(ask: unknown, name: string, question: unknown): Promise<void> {
    try {
      const answer = await answers[name]?.(question)
      pipe.send({ reply: ask, answer })
    } catch {
      pipe.send({ reply: ask, failed: true })
    }
  }
  pipe.onMessage((message) => {
    if (!isMapping(message)) return
    const { ask, name, question, reply: to } = message
    if (typeof to === 'number') waiting.get(to)?.(message)
    else if (typeof name === 'string') void reply(ask, name, question)
  })

  return {
    ask(name, question) {
      last += 1
      const ask = last
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(ask)
          reject(new Error(`no answer to "${name}" within ${PATIENCE / 1000} s`))
        }, PATIENCE)
        waiting.set(ask, ({ answer, failed }) => {
          clearTimeout(timer)
          waiting.delete(ask)
          if (failed === true) reject(new Error(`"${name}" failed in the other process`))
          else resolve(answer)
        })
        pipe.send({ ask, name, question })
      })
    },
    tell(name, question) {
      pipe.send({ ask: 0, name, question })
    },
  }
}
