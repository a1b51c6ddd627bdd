import { isMapping } from '../../mapping.ts'
import { messageOf } from '../../errors.ts'

/** What one process may ask of another: question and answer, by name. */
export type Calls = Readonly<Record<string, readonly [question: unknown, answer: unknown]>>

/** To a process at the other end of a pipe. */
export interface Channel<Theirs extends Calls> {
  /** Rejects where no answer comes in time, the other end could not give one or is no more. */
  ask<Name extends keyof Theirs & string>(
    name: Name,
    question: Theirs[Name][0],
    options?: AskOptions<Theirs[Name][1]>,
  ): Promise<Theirs[Name][1]>
  /** The same where nobody waits for an answer: what fails is seen by other means. */
  tell<Name extends keyof Theirs & string>(name: Name, question: Theirs[Name][0]): void
  /** Nobody is at the other end any more. */
  close(): void
}

export interface AskOptions<Answer> {
  /** Milliseconds. */
  readonly patience?: number
  /** Told of an answer that comes after all, when nobody waits for it any more. */
  readonly late?: (answer: Answer) => void
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

interface Waiting {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
}

/** Questions and answers over a pipe between two processes of this program. */
export function createChannel<Theirs extends Calls, Ours extends Calls>(
  pipe: Pipe,
  answers: Answers<Ours>,
): Channel<Theirs> {
  const waiting = new Map<number, Waiting>()
  let last = 0

  async function reply(ask: unknown, name: string, question: unknown): Promise<void> {
    try {
      if (!Object.hasOwn(answers, name)) throw new Error(`"${name}" is no question`)
      const answer = await answers[name]?.(question)
      if (ask !== undefined) pipe.send({ reply: ask, answer })
    } catch (thrown) {
      if (ask !== undefined) pipe.send({ reply: ask, error: messageOf(thrown) })
    }
  }
  pipe.onMessage((message) => {
    if (!isMapping(message)) return
    const { ask, name, question, reply: to, answer, error } = message
    if (typeof name === 'string') void reply(ask, name, question)
    if (typeof to !== 'number') return
    const one = waiting.get(to)
    waiting.delete(to)
    if (typeof error === 'string') one?.reject(new Error(error))
    else one?.resolve(answer)
  })

  return {
    ask(name, question, { patience = PATIENCE, late } = {}) {
      last += 1
      const ask = last
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          if (late === undefined) waiting.delete(ask)
          else waiting.set(ask, { resolve: late, reject: () => undefined })
          reject(new Error(`no answer to "${name}" within ${patience / 1000} s`))
        }, patience)
        waiting.set(ask, {
          resolve(answer) {
            clearTimeout(timer)
            resolve(answer)
          },
          reject(error) {
            clearTimeout(timer)
            reject(error)
          },
        })
        pipe.send({ ask, name, question })
      })
    },
    tell(name, question) {
      pipe.send({ name, question })
    },
    close() {
      for (const { reject } of waiting.values()) reject(new Error('the other process is no more'))
      waiting.clear()
    },
  }
}
