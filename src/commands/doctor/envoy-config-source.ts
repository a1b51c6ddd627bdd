import { ask } from '../../adapters/probe/ask.ts'
import { readInput } from '../asking/input.ts'

/** What Envoy was started with. */
export interface EnvoyConfig {
  /** As it was named. */
  readonly name: string
  /** Read once, by whoever wants it first. Throws what keeps it from being read. */
  readonly text: () => Promise<string>
}

/** Of a file, or of the URL of its `/config_dump`; nothing where none is named. */
export function envoyConfigAt(name: string | undefined): EnvoyConfig | undefined {
  if (name === undefined) return undefined
  let text: Promise<string> | undefined
  return { name, text: () => (text ??= read(name)) }
}

async function read(name: string): Promise<string> {
  return URL.canParse(name) ? (await ask(name)).body : readInput(name)
}
