import type { IncomingMessage } from 'node:http'
import { beginningOf } from './text-limit.ts'

export interface BodyLimits {
  /** Bytes. */
  readonly most: number
  /** Longest time without a byte, milliseconds. */
  readonly patience: number
}

/** A body was longer than allowed. */
export class TooLong extends Error {
  readonly beginning: string

  constructor(most: number, beginning: string) {
    super(`an answer of more than ${most} bytes`)
    this.beginning = beginning
  }
}

/** The text of a body. Rejects with TooLong, or when it ends before its end. */
export function readBody(
  response: IncomingMessage,
  { most, patience }: BodyLimits,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    let timer: NodeJS.Timeout | undefined
    const failed = (error: Error) => {
      clearTimeout(timer)
      response.destroy()
      reject(error)
    }
    const wait = () => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        failed(new Error(`nothing of an answer for ${patience / 1000} s`))
      }, patience)
    }
    wait()
    response.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > most) {
        failed(new TooLong(most, beginningOf([...chunks, chunk])))
        return
      }
      chunks.push(chunk)
      wait()
    })
    response.on('error', failed)
    response.on('close', () => {
      failed(new Error('an answer broke off'))
    })
    response.on('end', () => {
      clearTimeout(timer)
      if (response.complete) resolve(Buffer.concat(chunks).toString('utf8'))
      else reject(new Error('an answer broke off'))
    })
  })
}
