import { existsSync } from 'node:fs'
import { USUAL_FILE } from '../config/read.ts'
import { messageOf } from '../errors.ts'
import { refusalKind } from '../refusal.ts'
import { visible } from '../printable.ts'
import { readUnverified, type UnverifiedToken } from '../token/unverified.ts'
import { verifierOf } from '../serve/verifier.ts'
import { readInput } from './asking/input.ts'
import { configOf, readKeys } from './asking/offline.ts'
import { usage } from './asking/usage.ts'
import { configFile, type ConfigOption } from './config-option.ts'
import { claimRows, nameOf } from './decode/claims.ts'
import { printJson, type Output } from './output.ts'
import { formatTable } from './table.ts'

/** Whether a token is good by the keys of the configuration, or why not. */
type Verdict =
  | { readonly verifies: true; readonly kid: string }
  | { readonly verifies: false; readonly why: string }

/** `rauth decode`: prints a token, and whether it verifies. */
export async function runDecode(
  word: string,
  options: ConfigOption & { readonly output: Output },
): Promise<void> {
  const isInput = word === '-' || existsSync(word)
  const text = isInput ? await readInput(word) : word
  const token = text.trim().replace(/^Bearer /i, '')
  const read = readUnverified(token)
  if (read === undefined) {
    // Never what it is: it may be a password, or a token but for its end.
    const name = isInput ? (word === '-' ? 'stdin' : visible(word)) : 'that'
    throw usage(`${name} is no token: three parts in base64url with dots between`)
  }
  const verdict = await verify(token, options)
  if (options.output === 'json') {
    printJson({ header: read.header, payload: read.payload, ...verdict })
  } else process.stdout.write(textOf(read, verdict))
  process.exitCode = verdict.verifies ? 0 : 1
}

async function verify(token: string, options: ConfigOption): Promise<Verdict> {
  const file = configFile(options)
  if (file === undefined && !existsSync(USUAL_FILE)) {
    return {
      verifies: false,
      why: `nobody looked: there is no ${USUAL_FILE} here, name one with -c`,
    }
  }
  const config = configOf(options)
  try {
    const { keys } = await readKeys(config)
    const clock = () => Date.now() / 1000
    const verified = verifierOf({ config, keys, clock }).verify(token)
    if (verified.ok) return { verifies: true, kid: verified.value.keyId }
    const { reason, detail = refusalKind(reason).message } = verified.refusal
    return { verifies: false, why: detail }
  } catch (error) {
    return { verifies: false, why: `nobody looked: ${messageOf(error)}` }
  }
}

function textOf({ header, payload, claims }: UnverifiedToken, verdict: Verdict): string {
  const { x5c, ...rest } = header
  const chain = Array.isArray(x5c)
    ? [['x5c', x5c.length === 1 ? 'one certificate' : `${x5c.length} certificates`]]
    : []
  const rows = [
    ...Object.entries(rest).map(([key, value]) => [nameOf(key), plain(value)]),
    ...chain,
    ...claimRows(payload, claims, Date.now() / 1000),
    ['verifies', verdict.verifies ? `yes, by key ${verdict.kid}` : `no: ${verdict.why}`],
  ]
  return formatTable(rows)
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
