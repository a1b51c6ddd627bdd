import { inspect } from 'node:util'

/**
 * A secret that cannot print itself: string conversion, JSON and `util.inspect` all give
 * `[redacted]`. The only way to the value is {@link Redacted.reveal}, which is easy to search for.
 */
export class Redacted<T> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  reveal(): T {
    return this.#value
  }

  toString(): string {
    return '[redacted]'
  }

  toJSON(): string {
    return '[redacted]'
  }

  [inspect.custom](): string {
    return '[redacted]'
  }
}
