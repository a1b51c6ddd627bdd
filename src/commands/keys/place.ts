import { existsSync } from 'node:fs'
import path from 'node:path'
import { loadConfigWithoutRealm, USUAL_FILE } from '../../config/read.ts'
import { lifetimesOf } from '../../config/lifetimes.ts'
import type { Config } from '../../config/schema.ts'
import type { KeyTimes } from '../../token/key-timeline.ts'
import { configFile } from '../config-option.ts'
import type { PlaceOptions } from './subcommand.ts'

/** Where the keys are and which times they live by: from a configuration, or its defaults. */
export interface Place {
  readonly directory: string
  /** Where the times are from: those of another configuration would be wrong without a word. */
  readonly source: string
  /** Whether that is a file. */
  readonly isNamed: boolean
  readonly times: KeyTimes
  /** What the configuration says of the cluster that Secrets are in. */
  readonly cluster: { readonly kubeconfig?: string; readonly context?: string }
}

export function placeOf({ directory, ...named }: PlaceOptions): Place {
  const file = configFile(named) ?? (existsSync(USUAL_FILE) ? USUAL_FILE : undefined)
  const config = loadConfigWithoutRealm(file, process.env)
  const configured = config.keys.directory
  return {
    directory: directory ?? (file === undefined ? path.relative('', configured) : configured),
    source: file ?? `the environment and defaults, for want of --config and of ${USUAL_FILE}`,
    isNamed: file !== undefined,
    times: timesOf(config),
    cluster: clusterOf(config),
  }
}

function clusterOf({ credentials }: Config): Place['cluster'] {
  if (credentials.source !== 'kubernetes') return {}
  const { kubeconfig, context } = credentials
  return {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  }
}

export function sayTimes({ times, source }: Place): void {
  const { publishAhead, expiry } = times
  process.stderr.write(
    `keys.publishAhead ${publishAhead} s, longest token ${expiry} s (from ${source})\n`,
  )
}

/** A key is needed as long as the longest-lived thing that it signs. */
function timesOf({ keys, token }: Pick<Config, 'keys' | 'token'>): KeyTimes {
  const { refresh, leeway, algorithm } = token
  const { expiry, pushExpiry } = lifetimesOf({ token })
  const longest = Math.max(expiry, pushExpiry, refresh.enabled ? refresh.expiry : 0)
  return { publishAhead: keys.publishAhead, expiry: longest, leeway, algorithm }
}
