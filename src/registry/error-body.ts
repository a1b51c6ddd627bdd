import { refusalKind, type Refusal } from '../refusal.ts'

/** Error answer of the registry API (OCI distribution-spec, "Error Codes"). */
export interface ErrorBody {
  readonly errors: readonly {
    readonly code: string
    readonly message: string
    readonly detail: { readonly reason: string; readonly decision: string }
  }[]
}

/**
 * What the client is told: words from the refusal table or, behind their colon, of the rule that denied;
 * the reason code, and the record's id.
 */
export function errorBody({ reason, told }: Refusal, decision: string): ErrorBody {
  const { code, message: usual } = refusalKind(reason)
  const message = told === undefined ? usual : `${usual.replace(/:.*$/, '')}: ${told}`
  return { errors: [{ code, message, detail: { reason, decision } }] }
}
