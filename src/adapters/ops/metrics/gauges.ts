import { Gauge, type Registry } from 'prom-client'

/** How several processes of one pod are told as one. */
type Merged = 'sum' | 'min' | 'max'

export interface GaugeOptions {
  readonly name: string
  readonly help: string
  readonly merged: Merged
}

/** A gauge that is what `read` says when it is asked for; undefined: it is not there. */
export function gauge(
  registry: Registry,
  options: GaugeOptions,
  read: () => number | undefined,
): void {
  const { merged: aggregator, ...rest } = options
  new Gauge({
    ...{ ...rest, aggregator, registers: [registry] },
    collect() {
      const value = read()
      if (value === undefined) this.remove()
      else this.set(value)
    },
  })
}

/** One for each value of a label: those of now and no others. */
export function gaugeBy(
  registry: Registry,
  { label, merged: aggregator, ...rest }: GaugeOptions & { readonly label: string },
  read: () => Iterable<readonly [value: string, at: number]>,
): void {
  new Gauge({
    ...{ ...rest, aggregator, labelNames: [label], registers: [registry] },
    collect() {
      this.reset()
      for (const [value, at] of read()) this.set({ [label]: value }, at)
    },
  })
}

/** A gauge that is always 1: its labels say something. */
export function info<Label extends string>(
  registry: Registry,
  { name, help, labelNames }: { name: string; help: string; labelNames: readonly Label[] },
  read: () => Readonly<Record<Label, string>>,
): void {
  new Gauge({
    ...{ name, help, labelNames, registers: [registry], aggregator: 'max' },
    collect() {
      this.reset()
      this.set(read(), 1)
    },
  })
}
