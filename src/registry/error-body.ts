import { refusalKind, type Refusal } from '../refusal.ts'

/** Error answer of the registry API (OCI distribution-spec, "Error Codes"). */
export interface ErrorBody {
  readonly errors: readonly {
    readonly code: string
    readonly message: string
    readonly detail: { readonly reason: string; readonly decision: string }
  }[]
}

/** What the client is told: words from the refusal table, the reason code, and the record's id. */
export function errorBody({ reason }: Refusal, decision: string): ErrorBody {
  const { code, message } = refusalKind(reason)
  return { errors: [{ code, message, detail: { reason, decision } }] }
}
