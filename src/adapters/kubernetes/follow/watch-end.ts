/** Why a watch is over. */
export type WatchEnd =
  /** The API server closed it, as it does after the time that was asked for. */
  | { readonly kind: 'ended' }
  /** What it should go on from is too old: only a list helps. */
  | { readonly kind: 'expired' }
  /** Nothing came for too long: nobody may be there any more. */
  | { readonly kind: 'silent' }
  /** The connection broke. */
  | { readonly kind: 'broken'; readonly problem: string }
  /** Something came that is no event, so one may be lost: only a list helps. */
  | { readonly kind: 'garbled'; readonly problem: string }
  /** The API server does not serve it, or no more. */
  | { readonly kind: 'refused'; readonly problem: string; readonly retryAfter: number }

/** What is too new for the API server will never come: etcd was put back to an older state. */
export function refused(status: number, problem: string, retryAfter: number): WatchEnd {
  return status === 410 || problem.includes('Too large resource version')
    ? { kind: 'expired' }
    : { kind: 'refused', problem, retryAfter }
}
