import { isUtf8 } from 'node:buffer'

/**
 * Base64 of RFC 4648 §4 in its one canonical spelling; `undefined` for anything else. Node's decoder
 * alone takes white space, missing padding, the URL alphabet and stray bits.
 */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

/** UTF-8 to the letter, a byte order mark included; `undefined` when the bytes are none. */
export function decodeUtf8(bytes: Buffer): string | undefined {
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined
}

/** Whether a control character (C0, DEL or C1) is in the text: RFC 7617 §2 and RFC 8265 ban them. */
export function hasControl(text: string): boolean {
  return /\p{Cc}/u.test(text)
}
