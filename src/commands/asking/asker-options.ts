import { isIP } from 'node:net'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { parseInstant } from '../../instant.ts'
import { parseWho, type AskerTerms } from '../../serve/asking/who.ts'
import { addAnyConfigOption, type AnyConfigOption } from '../config-option.ts'

/** Who is asked about, as it is said on the command line. */
export interface AskerOptions extends AnyConfigOption, Omit<AskerTerms, 'tags'> {
  readonly tag: readonly string[]
  /** Seconds since the epoch. */
  readonly at?: number
  readonly policy?: string
}

type Labels = AskerTerms['label']

/** What tells who asks, from where and when, and by which policy. */
export function addAskerOptions(command: Command): Command {
  return addAnyConfigOption(
    command
      .addOption(
        new Option(
          '--as <namespace[/user]>',
          'who asks; /user for a user without a namespace; system:serviceaccount:namespace:name',
        )
          .argParser(parseNamed)
          .conflicts('anonymous'),
      )
      .option('--anonymous', 'somebody without credentials asks')
      .addOption(
        new Option('--label <key=value>', 'what an identity source says of it; repeatable')
          .argParser(addLabel)
          .default({}, 'none'),
      )
      .option('--ip <address>', 'address of the client; without it nobody knows', parseIp)
      .option('--at <time>', 'when, as 2026-12-24T12:00:00Z (default: now)', parseTime)
      .addOption(
        new Option('--tag <tag>', 'a tag that the request names; repeatable')
          .argParser(addText)
          .default([], 'none'),
      )
      .option('--service <service>', 'what the token is for (default: the configured service)')
      .option('--policy <file>', 'the policy (default: what the configuration says)'),
  )
}

function parseNamed(text: string) {
  const who = parseWho(text)
  if (who === undefined) throw new InvalidArgumentError('say NAMESPACE, NAMESPACE/USER or /USER')
  return who
}

function addLabel(text: string, before: Labels): Labels {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('a label is KEY=VALUE')
  const key = text.slice(0, at)
  return { ...before, [key]: [...(before[key] ?? []), text.slice(at + 1)] }
}

function addText(text: string, before: readonly string[]): readonly string[] {
  return [...before, text]
}

function parseIp(text: string): string {
  if (isIP(text) !== 0) return text
  throw new InvalidArgumentError('an IP address is wanted')
}

function parseTime(text: string): number {
  const seconds = parseInstant(text)
  if (seconds !== undefined) return seconds
  throw new InvalidArgumentError('a time is written as in RFC 3339: 2026-12-24T12:00:00Z')
}
