import { jsonSchemaOf } from '../../src/config/json-schema.ts'
import type { ChangesAt } from '../../src/config/changes-at.ts'
import { ALL_SETTINGS, SETTINGS } from '../../src/config/settings.ts'

/** What of a JSON Schema tells people of a key. */
interface Node {
  readonly description?: string
  readonly default?: unknown
  readonly type?: string | readonly string[]
  readonly enum?: readonly string[]
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Node>>
  readonly items?: Node
  readonly anyOf?: readonly Node[]
  readonly additionalProperties?: Node | boolean
}

/** One row: a key of which a value can be set. */
interface Key {
  /** Dotted; `[]` is an item of a list, `NAME` a key that people choose. */
  readonly path: string
  readonly node: Node
  readonly required: boolean
}

/**
 * Every key of rauth.yaml in tables, a section for each key at the top: what it is, its default, its
 * variable in the environment, and when a change of it counts. Made of the very schema that reads the file.
 */
export function referenceOf(): string {
  const { properties = {}, required = [] } = jsonSchemaOf('config') as Node
  const single: Key[] = []
  const sections: string[] = []
  for (const [name, node] of Object.entries(properties)) {
    const keys = keysBelow({ path: name, node, required: required.includes(name) })
    if (keys.length === 1 && keys[0]?.path === name) single.push(...keys)
    else sections.push(`### ${name}\n\n${node.description ?? ''}\n\n${tableOf(keys)}`)
  }
  return [`### At the top\n\n${tableOf(single)}`, ...sections].join('\n\n')
}

/** The leaves below a key, or the key itself. */
function keysBelow({ path, node, required }: Key): readonly Key[] {
  const { properties = {}, items, additionalProperties } = node
  const own = Object.entries(properties).flatMap(([name, below]) =>
    keysBelow({
      path: `${path}.${name}`,
      node: below,
      required: node.required?.includes(name) ?? false,
    }),
  )
  if (own.length > 0) return own
  const item = items !== undefined && hasKeys(items) ? items : undefined
  if (item !== undefined) return keysBelow({ path: `${path}[]`, node: item, required })
  if (typeof additionalProperties === 'object' && hasKeys(additionalProperties)) {
    return keysBelow({ path: `${path}.NAME`, node: additionalProperties, required })
  }
  return [{ path, node, required }]
}

function hasKeys({ properties = {} }: Node): boolean {
  return Object.keys(properties).length > 0
}

function tableOf(keys: readonly Key[]): string {
  return [
    '| key | default | in the environment | a change counts | what it is |',
    '| --- | --- | --- | --- | --- |',
    ...keys.map((key) => `| ${cellsOf(key).map(escaped).join(' | ')} |`),
  ].join('\n')
}

function cellsOf({ path, node, required }: Key): readonly string[] {
  const variable = SETTINGS.find(({ path: keys }) => keys.join('.') === path.replace(/\[\].*$/, ''))
  const values = node.enum === undefined ? '' : ` One of ${node.enum.map(code).join(', ')}.`
  return [
    code(path),
    defaultOf(node, required),
    variable === undefined ? '' : code(variable.variable),
    WHEN[changesOf(path)],
    `${node.description ?? ''}${values}`,
  ]
}

const WHEN: Readonly<Record<ChangesAt, string>> = {
  'run time': 'at once',
  restart: 'after a restart',
}

/** What is said of the setting that a key is in. */
function changesOf(path: string): ChangesAt {
  const keys = path.replace(/\[\].*$/, '').split('.')
  const setting = ALL_SETTINGS.find((one) => one.path.every((key, index) => key === keys[index]))
  if (setting === undefined) throw new Error(`${path} is in no setting`)
  return setting.changes
}

function defaultOf({ default: value }: Node, required: boolean): string {
  if (value === undefined) return required ? 'must be set' : ''
  return code(typeof value === 'string' && value !== '' ? value : JSON.stringify(value))
}

function code(text: string): string {
  return `\`${text}\``
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|')
}
