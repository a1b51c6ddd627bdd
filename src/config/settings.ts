import { z } from 'zod'
import { CHANGES, type ChangesAt, type Program, type WhenGone } from './changes-at.ts'
import { schema } from './schema.ts'

export interface Setting {
  readonly path: readonly string[]
  /** `token.expiry` is RAUTH_TOKEN_EXPIRY. */
  readonly variable: string
  /** The text of the variable → what would stand in the file. */
  readonly read: (text: string) => unknown
  /** Of a list: how it is written in the variable. */
  readonly form?: string
  /** When a change of it counts in a program that runs, of those that read it. */
  readonly changes: ChangesAt
  readonly gone: WhenGone
  readonly readBy: readonly Program[]
}

const readText = (text: string): unknown => text
const readBoolean = (text: string): unknown =>
  text === 'true' ? true : text === 'false' ? false : text

/** Separated by commas; nothing is an empty list. */
const readList = (text: string): unknown => (isJson(text) ? text : itemsOf(text))

/** What somebody takes for the way to write a list: its brackets would end up in the items. */
function isJson(text: string): boolean {
  return /^\s*[[{]/.test(text)
}

function itemsOf(text: string): string[] {
  return text.split(',').flatMap((item) => (item.trim() === '' ? [] : [item.trim()]))
}

/** `FIRST=SECOND` → the two keys of a list item. */
function readPair(text: string, [first = '', second = '']: readonly string[]): unknown {
  const at = text.indexOf('=')
  return at < 0 ? { [first]: text } : { [first]: text.slice(0, at), [second]: text.slice(at + 1) }
}

function readerOf(shape: unknown): Setting['read'] {
  if (!(shape instanceof z.ZodArray)) return shape instanceof z.ZodBoolean ? readBoolean : readText
  const item: unknown = shape.element
  if (!(item instanceof z.ZodObject)) return readList
  const keys = Object.keys(item.shape)
  return (text) => (isJson(text) ? text : itemsOf(text).map((one) => readPair(one, keys)))
}

function formOf(shape: unknown): Pick<Setting, 'form'> {
  if (!(shape instanceof z.ZodArray)) return {}
  const item: unknown = shape.element
  const one =
    item instanceof z.ZodObject ? Object.keys(item.shape).join('=').toUpperCase() : 'VALUE'
  return { form: `${one},${one}` }
}

/** Of what nothing is said, neither there nor of a section that it is in. */
const UNSAID: Pick<Setting, 'changes' | 'gone' | 'readBy'> = {
  ...{ changes: 'restart', gone: 'when asked', readBy: ['serve'] },
}

function settingsOf(
  shape: z.core.$ZodType,
  prefix: readonly string[],
  section = UNSAID,
): Setting[] {
  const inner = unwrapped(shape)
  const said = CHANGES.get(shape)
  const of = {
    changes: said?.at ?? section.changes,
    gone: said?.gone ?? section.gone,
    readBy: said?.readBy ?? section.readBy,
  }
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape as z.core.$ZodShape).flatMap(([key, value]) =>
      settingsOf(value, [...prefix, key], of),
    )
  }
  const words = prefix.map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter}`))
  const variable = `RAUTH_${words.join('_').toUpperCase()}`
  return [{ path: prefix, variable, read: readerOf(inner), ...formOf(inner), ...of }]
}

/** What no variable can hold. */
const IN_THE_FILE_ONLY = ['RAUTH_IDENTITY']

/** Every leaf of the schema. */
export const ALL_SETTINGS: readonly Setting[] = settingsOf(schema, [])

/** Those that can stand in the environment, with their variables. */
export const SETTINGS: readonly Setting[] = ALL_SETTINGS.filter(
  ({ variable }) => !IN_THE_FILE_ONLY.includes(variable),
)

/** The keys that a schema knows at a place. */
export function keysAt(at: readonly string[], top: z.ZodType = schema): string[] {
  let place: unknown = top
  for (const key of at) {
    const inner = unwrapped(place)
    if (inner instanceof z.ZodObject) place = (inner.shape as Record<string, unknown>)[key]
    else if (inner instanceof z.ZodRecord) place = inner.valueType
    else place = inner instanceof z.ZodArray ? inner.element : undefined
  }
  const inner = unwrapped(place)
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : []
}

/** A schema without its default, and whether or not it may be left out. */
function unwrapped(shape: unknown): unknown {
  let inner = shape
  while (
    inner instanceof z.ZodPrefault ||
    inner instanceof z.ZodDefault ||
    inner instanceof z.ZodOptional
  ) {
    inner = inner.unwrap()
  }
  return inner
}
