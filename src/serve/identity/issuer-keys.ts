import { openFileDocument } from '../../adapters/file/document-store.ts'
import { JWKS_FILE } from '../../adapters/file/document-text.ts'
import { givenKeys, type IssuerKeys } from '../../adapters/oidc/issuer-keys.ts'
import { readKeysFile } from '../../adapters/oidc/key-set.ts'
import type { Metrics } from '../../adapters/ops/metrics.ts'
import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { OpenSource } from './open-source.ts'

export interface IssuerKeysOptions {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Pick<Metrics, 'issuerKeysFailed'>
}

/** The keys of an issuer, with where they come from. */
export interface OpenIssuerKeys extends Omit<OpenSource, 'source'> {
  readonly keys: IssuerKeys
}

/** A JWKS file, read again when it changes. */
export async function openKeysOfFile(
  file: string,
  issuer: string,
  { log, metrics }: IssuerKeysOptions,
): Promise<OpenIssuerKeys> {
  const document = await openFileDocument({
    ...{ file, log, kind: JWKS_FILE },
    parse: (text) => readKeysFile(text, file),
    count: ({ keys }) => ({ keys }),
    onFailure: () => {
      metrics.issuerKeysFailed(issuer)
    },
  })
  return {
    keys: givenKeys(() => document.current().find),
    problem: () => document.problem(),
    close: () => {
      document.close()
    },
  }
}
