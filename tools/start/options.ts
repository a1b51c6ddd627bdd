import { parseArgs } from 'node:util'
import type { LogFormat } from './follow-log.ts'

export const USAGE = `npm start -- [options]

Runs rauth, a registry and Envoy on this machine, with the namespaces team-a and team-b.

  --port PORT              where clients come in (default 5080); the other ports are 8080, 9090, 9191,
                           9192 and 5000, or others where these are taken: DIRECTORY/quickstart.json
  --registry-auth on|off   whether the registry checks tokens as well (default on);
                           off leaves the gateway alone in charge
  --fast-lane              Envoy by itself lets reads by digest pass that a token opens,
                           for 30 s after its issue: docs/fast-lane.md
  --log-format FORMAT      pretty, json or none: what rauth logs, shown here as it comes
                           (default pretty on a terminal, else none); with json nothing else is on stdout:
                           npm -s start -- --log-format json | jq .msg
  --state DIRECTORY        where keys, passwords, images and logs are kept (default .rauth);
                           used again at the next start, remove it to begin anew
  --help                   this text
`

const LOG_FORMATS = ['pretty', 'json', 'none'] as const

export interface StartOptions {
  readonly port: number
  readonly registryAuth: boolean
  readonly fastLane: boolean
  /** As given; `undefined`: by what stdout is. */
  readonly logFormat: LogFormat | 'none' | undefined
  /** As given; `undefined` is the default. */
  readonly state: string | undefined
}

/** What the command line asks for, `help`, or what is wrong with it. */
export function parseStartOptions(
  args: readonly string[],
): { readonly options: StartOptions } | { readonly help: true } | { readonly problem: string } {
  let values
  try {
    values = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '5080' },
        'registry-auth': { type: 'string', default: 'on' },
        'fast-lane': { type: 'boolean', default: false },
        'log-format': { type: 'string' },
        state: { type: 'string' },
        help: { type: 'boolean', default: false, short: 'h' },
      },
    }).values
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
  if (values.help) return { help: true }
  if (!/^\d{1,5}$/.test(values.port) || Number(values.port) < 1 || Number(values.port) > 65_535) {
    return { problem: `--port is a number from 1 to 65535, not "${values.port}"` }
  }
  const registryAuth = values['registry-auth']
  if (registryAuth !== 'on' && registryAuth !== 'off') {
    return { problem: `--registry-auth is on or off, not "${registryAuth}"` }
  }
  const logFormat = LOG_FORMATS.find((format) => format === values['log-format'])
  if (logFormat === undefined && values['log-format'] !== undefined) {
    return { problem: `--log-format is ${LOG_FORMATS.join(', ')}, not "${values['log-format']}"` }
  }
  const { state } = values
  if (state === '') return { problem: '--state is a directory' }
  const fastLane = values['fast-lane']
  return {
    options: {
      ...{ port: Number(values.port), registryAuth: registryAuth === 'on' },
      ...{ fastLane, logFormat, state },
    },
  }
}
