import { isMapping } from '../mapping.ts'
import { Redacted } from '../redacted.ts'
import type { Program } from './changes-at.ts'
import { deepFreeze } from './deep-freeze.ts'
import type { Config } from './schema.ts'
import { ALL_SETTINGS, type Setting } from './settings.ts'
import { withValue } from './with-value.ts'

/** The settings of a program in which two configurations differ, by their dotted names and by when they count. */
export interface ConfigChanges {
  readonly atRunTime: readonly string[]
  readonly atRestart: readonly string[]
}

export function changesOf(program: Program, running: Config, wanted: Config): ConfigChanges {
  const changed = settingsOf(program).filter(
    (setting) => !isSame(valueOf(running, setting), valueOf(wanted, setting)),
  )
  const named = (changes: Setting['changes']) => [
    ...new Set(changed.filter((one) => one.changes === changes).map((one) => keyOf(one).join('.'))),
  ]
  return { atRunTime: named('run time'), atRestart: named('restart') }
}

/**
 * Settings whose change would take a restriction away only because the next text says nothing of them, or of
 * a list its beginning alone; `written`: what it does say.
 */
export function goneOf(
  program: Program,
  running: Config,
  wanted: Config,
  written: Readonly<Record<string, unknown>>,
): readonly string[] {
  return settingsOf(program)
    .filter(
      ({ changes, gone, path }) =>
        changes === 'run time' &&
        gone === 'when asked' &&
        (valueAt(written, path) === undefined
          ? !isSame(valueAt(running, path), valueAt(wanted, path))
          : isBeginning(valueAt(wanted, path), valueAt(running, path))),
    )
    .map(({ path }) => path.join('.'))
}

/** Whether a list is another one without its end. */
function isBeginning(list: unknown, whole: unknown): boolean {
  return (
    Array.isArray(list) &&
    Array.isArray(whole) &&
    list.length > 0 &&
    list.length < whole.length &&
    list.every((item, index) => isSame(item, whole[index]))
  )
}

/** The configuration that runs, with what of another one can count at once. */
export function withRunTimeChanges(program: Program, running: Config, wanted: Config): Config {
  const applied = settingsOf(program)
    .filter(({ changes }) => changes === 'run time')
    .reduce<Record<string, unknown>>(
      (values, setting) => withValue(values, setting.path, valueOf(wanted, setting)),
      { ...running },
    )
  return deepFreeze(applied as unknown as Config)
}

function settingsOf(program: Program): readonly Setting[] {
  return ALL_SETTINGS.filter(({ readBy }) => readBy.includes(program))
}

/** Where credentials come from is decided from all that is said of it. */
function keyOf({ path }: Setting): readonly string[] {
  return path[0] === 'credentials' ? ['credentials'] : path
}

function valueOf(config: Config, setting: Setting): unknown {
  return valueAt(config, keyOf(setting))
}

function valueAt(values: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isMapping(value) ? value[key] : undefined), values)
}

/** Of what a configuration is made of: plain values, and secrets. What is not set is as `undefined`. */
export function isSame(one: unknown, other: unknown): boolean {
  if (one instanceof Redacted && other instanceof Redacted) {
    return isSame(one.reveal(), other.reveal())
  }
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => isSame(item, other[index]))
  }
  if (isMapping(one) && isMapping(other)) {
    return [...new Set([...Object.keys(one), ...Object.keys(other)])].every((key) =>
      isSame(one[key], other[key]),
    )
  }
  return Object.is(one, other)
}
