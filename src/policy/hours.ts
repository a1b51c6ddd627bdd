import { formatInstant } from '../instant.ts'

/** The days of a week as they are written, in the order of Date's. */
export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
export type Day = (typeof DAYS)[number]

export function isDay(text: string): text is Day {
  return (DAYS as readonly string[]).includes(text)
}

/** Hours of a week and a span of time, as they are written; what is left out is always. */
export interface HoursSource {
  readonly days?: readonly Day[]
  /** Minutes of the day, the first that is in it and the first that is not. */
  readonly from?: number
  readonly to?: number
  /** Where the days and hours are told, a name of the IANA time zone database. */
  readonly zone?: string
  /** Seconds since the epoch, the first that is in it and the first that is not. */
  readonly notBefore?: number
  readonly notAfter?: number
}

export interface Hours {
  readonly source: HoursSource
  /** Whether it is the time; seconds since the epoch. */
  contains(now: number): boolean
}

const DAY = 24 * 60

/** Throws for a time zone that is none. */
export function compileHours(source: HoursSource): Hours {
  return { source, contains: isTime(source) }
}

function isTime(source: HoursSource): Hours['contains'] {
  const {
    days,
    from = 0,
    to = DAY,
    zone = 'UTC',
    notBefore = -Infinity,
    notAfter = Infinity,
  } = source
  if (days === undefined && from === 0 && to === DAY) {
    return (now) => notBefore <= now && now < notAfter
  }
  const clock = clockOf(zone)
  const isDay = (day: number) => days === undefined || days.includes(DAYS[(day + 7) % 7] ?? 'sun')
  let known: { readonly minute: number; readonly open: boolean } | undefined

  function isOpen(now: number): boolean {
    const { day, minute } = clock(now)
    if (from < to) return isDay(day) && from <= minute && minute < to
    // Over midnight: what is before `to` began the day before.
    return minute >= from ? isDay(day) : minute < to && isDay(day - 1)
  }

  return (now) => {
    if (now < notBefore || now >= notAfter) return false
    // The clocks of all zones change at whole minutes.
    const minute = Math.floor(now / 60)
    if (known?.minute !== minute) known = { minute, open: isOpen(now) }
    return known.open
  }
}

/** Day of the week and minute of the day, by the clocks of a zone. */
function clockOf(zone: string): (now: number) => { readonly day: number; readonly minute: number } {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, hourCycle: 'h23' },
    ...{ weekday: 'short', hour: '2-digit', minute: '2-digit' },
  })
  return (now) => {
    const parts = new Map(
      format.formatToParts(now * 1000).map(({ type, value }) => [type as string, value]),
    )
    const day = DAYS.findIndex((name) => name === parts.get('weekday')?.toLowerCase())
    return { day, minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')) }
  }
}

/** Such as `mon tue 08:00–18:00 Europe/Berlin`. */
export function formatHours(source: HoursSource): string {
  const { days = [], from, to, zone, notBefore, notAfter } = source
  const hours =
    from === undefined && to === undefined
      ? []
      : [`${clockTime(from ?? 0)}–${clockTime(to ?? DAY)}`]
  return [
    ...days,
    ...hours,
    ...(zone === undefined ? [] : [zone]),
    ...(notBefore === undefined ? [] : [`from ${formatInstant(notBefore)}`]),
    ...(notAfter === undefined ? [] : [`until ${formatInstant(notAfter)}`]),
  ].join(' ')
}

function clockTime(minutes: number): string {
  const two = (number: number) => String(number).padStart(2, '0')
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone })
    return true
  } catch {
    return false
  }
}
