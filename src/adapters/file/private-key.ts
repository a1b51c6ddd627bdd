import { createPrivateKey, type KeyObject } from 'node:crypto'
import { unreadable } from './unreadable.ts'

/** Throws ERR_KEYS_UNREADABLE for what is no private key, or an encrypted one. */
export function readPrivateKey(file: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    // The cause quotes nothing useful and must never quote the key.
    throw unreadable(file, 'is not a private key in PEM', 'unencrypted PKCS #8 is wanted')
  }
}
