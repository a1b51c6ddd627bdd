import type { ErrorCode, RauthError } from '../errors.ts'

const EXIT_CODES: Readonly<Partial<Record<ErrorCode, number>>> = {
  ERR_USAGE: 2,
  ERR_UNANSWERED: 2,
  ERR_UNREACHABLE: 3,
}

/** 1 denied or invalid, 2 usage or no answer, 3 unreachable. */
export function exitCodeOf({ code }: RauthError): number {
  return EXIT_CODES[code] ?? 1
}
