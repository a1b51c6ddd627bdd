const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i

/**
 * An RFC 3339 §5.6 date-time → seconds since the epoch; `undefined` for anything else, and for a day
 * that does not exist, which Date takes for one of the next month.
 */
export function parseInstant(text: string): number | undefined {
  const [, year, month, day, hour, minute, second] = RFC_3339.exec(text)?.map(Number) ?? []
  if (year === undefined || month === undefined || day === undefined) return undefined
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return undefined
  if ((hour ?? 24) > 23 || (minute ?? 60) > 59 || (second ?? 60) > 59) return undefined
  return Date.parse(text.toUpperCase()) / 1000
}

function daysOf(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** Seconds since the epoch, whole ones, as RFC 3339 has them: `2026-11-24T12:00:00Z`. */
export function formatInstant(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
}
