import type { IncomingMessage, ServerResponse } from 'node:http'
import { accepted, refused, type Reason, type Result } from '../../refusal.ts'
import { BODY_BROKEN } from '../http-exchange.ts'
import { MAX_FORM } from './parameters.ts'

/** containerd names the charset; any other than this one would be other bytes to us than to it. */
const FORM =
  /^application\/x-www-form-urlencoded(?:[ \t]*;[ \t]*charset=(?:utf-8|"utf-8"))?[ \t]*$/i

/**
 * The body of a POST, each byte as one character, if the headers say that it is a form. `undefined`:
 * the client left, nobody is there to be answered.
 */
export async function readFormBody(
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Result<string> | undefined> {
  const { headersDistinct: headers } = request
  const [type, ...others] = headers['content-type'] ?? []
  if (type === undefined || others.length > 0 || !FORM.test(type)) {
    return refused('form_type_unsupported', { detail: 'Content-Type' })
  }
  const encodings = headers['content-encoding'] ?? []
  if (!encodings.every((encoding) => encoding.toLowerCase() === 'identity')) {
    return refused('form_type_unsupported', { detail: 'Content-Encoding' })
  }
  // RFC 9110 §10.1.1: in HTTP/1.0 it means nothing.
  const waits = headers['expect']?.join().toLowerCase() === '100-continue'
  if (waits && request.httpVersion === '1.1') response.writeContinue()
  return readBody(request)
}

function readBody(request: IncomingMessage): Promise<Result<string> | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    const take = (chunk: Buffer) => {
      length += chunk.length
      chunks.push(chunk)
      if (length > MAX_FORM) done(refused('request_too_large', { detail: 'form too long' }))
    }
    const end = () => {
      done(accepted(Buffer.concat(chunks).toString('latin1')))
    }
    const broken = (reason: Reason) => {
      done(refused(reason, { detail: 'in the middle of a form' }))
    }
    const gone = () => {
      done(undefined)
    }
    // What comes after the end of this is not for us: it flows on, so that the connection can close.
    const done = (result: Result<string> | undefined) => {
      request.off('data', take).off('end', end).off('close', gone).off(BODY_BROKEN, broken)
      request.resume()
      resolve(result)
    }
    request.on('data', take).on('end', end).on('close', gone).on(BODY_BROKEN, broken)
    // Node tells of a connection that broke; `close` follows.
    request.on('error', () => undefined)
  })
}
