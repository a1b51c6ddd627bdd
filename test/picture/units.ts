/** A value as people read it, by what Grafana calls its unit. */
export function readable(value: number, unit: string): string {
  switch (unit) {
    case 's':
      return duration(value)
    case 'percentunit':
      return `${short(value * 100)} %`
    case 'reqps':
      return `${short(value)}/s`
    case 'bytes':
      return `${short(value / 1024 / 1024)} MiB`
    default:
      return short(value)
  }
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)))
}

const STEPS: readonly (readonly [seconds: number, name: string])[] = [
  [86_400 * 365, 'a'],
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
  [1e-3, 'ms'],
  [1e-6, 'µs'],
]

function duration(seconds: number): string {
  if (seconds === 0) return '0'
  const [size, name] = STEPS.find(([one]) => seconds >= one) ?? [1e-6, 'µs']
  return `${short(seconds / size)} ${name}`
}
