import { createHash } from 'node:crypto'
import path from 'node:path'
import { createReloads } from '../adapters/file/reloads.ts'
import { readSmallFile } from '../adapters/file/small-file.ts'
import { createTrouble, SETTLE } from '../adapters/file/trouble.ts'
import { remedyFor } from '../adapters/file/unreadable.ts'
import { watchDirectory } from '../adapters/file/watch.ts'
import { MOST_CONFIG } from '../config/bounded-text.ts'
import { changesOf, goneOf, withRunTimeChanges } from '../config/changes.ts'
import { hasLostLineEnd, WHOLE_OF_IT } from '../config/lost-end.ts'
import type { Program } from '../config/changes-at.ts'
import type { Config } from '../config/schema.ts'
import { messageOf, RauthError } from '../errors.ts'
import type { Log } from '../log.ts'

/** Where the configuration comes from, so that it can be read again. */
export interface ConfigSource {
  /** `undefined`: it is all in the environment, and never another. */
  readonly file: string | undefined
  /** The text of the file, and the environment over it. Throws a RauthError with each mistake. */
  readonly parse: (text: string) => LoadedConfig
}

export interface LoadedConfig {
  readonly config: Config
  /** What of it stands in the text. */
  readonly written: Readonly<Record<string, unknown>>
  /** What the file asks for and rauth does in its own way. */
  readonly unheeded: readonly string[]
}

export interface ConfigReloadsOptions extends ConfigSource {
  /** Whose settings count. */
  readonly program: Program
  readonly running: () => Config
  /** Puts another configuration in force, of that text, or rejects and changes nothing. */
  readonly apply: (config: Config, text: string) => Promise<void>
  readonly log: Log
  /** Longest time until another configuration is in force, milliseconds; a few seconds, if not said. */
  readonly patience?: number
  /** Called once for each state of the file that can't be used. */
  readonly onFailure: () => void
  /** Seconds since the epoch. */
  readonly clock: () => number
  /** Milliseconds, going forwards. */
  readonly timer: () => number
}

export interface ConfigReloads {
  /** Reads the file again, and says what became of it also where nothing did. */
  readonly request: () => void
  /** What is wrong with the file; else nothing. */
  readonly refused: () => string | undefined
  /** The same, or which changes in it wait for a restart. */
  readonly problem: () => string | undefined
  /** Settings that were changed and count after a restart only. */
  readonly waiting: () => readonly string[]
  /** When the file was last taken, seconds since the epoch. */
  readonly takenAt: () => number
  readonly close: () => void
}

/**
 * The configuration, read again when its file changes or when that is asked for. What can change at run
 * time does, all of it at once; what can't is named. A text is taken once it has been the same for a moment: the
 * beginning of a file that is being written may be good, and mean something else. A bad one changes nothing.
 * Nor does one that seems to be half of it, until that is asked for: what it no longer says may be what
 * restricted somebody.
 */
export function createConfigReloads(options: ConfigReloadsOptions): ConfigReloads {
  const { file } = options
  return file === undefined ? withoutFile(options) : ofFile(file, options)
}

function withoutFile({ log, clock }: ConfigReloadsOptions): ConfigReloads {
  const startedAt = clock()
  return {
    request() {
      log.info({}, 'no configuration is read again: it is all in the environment, and no file')
    },
    ...{ refused: () => undefined, problem: () => undefined },
    ...{ waiting: () => [], close: () => undefined },
    takenAt: () => startedAt,
  }
}

function ofFile(file: string, options: ConfigReloadsOptions): ConfigReloads {
  const { log, clock, timer, program } = options
  const reloads = createReloads(
    load,
    (error) => {
      trouble.lasts(messageOf(error), messageOf(error))
    },
    options.patience,
  )
  const trouble = createTrouble({
    lookAgain: reloads.request,
    tell(error) {
      asked = false
      options.onFailure()
      log.error({ file, error }, 'a configuration that cannot be used: that of before stays')
    },
  })
  /** What the file had when it was last taken, and at the last look; since when it has that. */
  let taken: string | undefined
  let takenText = ''
  let seen: string | undefined
  let seenAt = -Infinity
  let waiting: readonly string[] = []
  let asked = false
  let takenAt = clock()
  let settling: NodeJS.Timeout | undefined

  async function load(): Promise<void> {
    try {
      const text = await readConfig(file)
      const version = createHash('sha256').update(text).digest('base64')
      if (version !== seen) [seen, seenAt] = [version, timer()]
      if (version === taken && !asked) over()
      else await look(text, version)
    } catch (thrown) {
      trouble.found(messageOf(thrown), messageOf(thrown))
    }
  }

  async function look(text: string, version: string): Promise<void> {
    const loaded = options.parse(text)
    const early = SETTLE - (timer() - seenAt)
    if (early > 0) {
      clearTimeout(settling)
      settling = setTimeout(reloads.request, early).unref()
      return
    }
    if (!asked) refuseHalf(text, loaded)
    await take(loaded, text)
    taken = version
    takenText = text
    over()
  }

  function refuseHalf(text: string, { config, written }: LoadedConfig): void {
    const isCut = hasLostLineEnd(text, takenText)
    const gone = goneOf(program, options.running(), config, written)
    if (!isCut && gone.length === 0) return
    const lost = isCut
      ? 'ends in the middle of a line'
      : `says nothing, or less, of ${gone.join(', ')}`
    throw new RauthError('ERR_CONFIG_INVALID', `${file} ${lost}: ${WHOLE_OF_IT}`)
  }

  function over(): void {
    if (trouble.over()) log.info({ file }, 'the configuration can be used again')
  }

  async function take({ config, unheeded }: LoadedConfig, text: string): Promise<void> {
    const running = options.running()
    const { atRunTime, atRestart } = changesOf(program, running, config)
    const isNews = atRestart.join() !== waiting.join()
    if (atRunTime.length > 0) {
      await options.apply(withRunTimeChanges(program, running, config), text)
      for (const warning of unheeded) log.warn({}, warning)
    }
    if (atRunTime.length > 0 || asked)
      log.info({ file, changed: atRunTime }, 'configuration read again')
    waiting = atRestart
    if (isNews || asked) tellWaiting()
    takenAt = clock()
    asked = false
  }

  function tellWaiting(): void {
    if (waiting.length > 0) log.warn({ file, settings: waiting }, needsRestart(waiting))
  }

  // Watched before it is read, so that no change falls in between.
  const watch = watchDirectory(path.dirname(file), reloads.request)
  reloads.request()
  return {
    request() {
      asked = true
      // Told again, too.
      trouble.over()
      reloads.request()
    },
    refused: () => trouble.problem(),
    problem: () => trouble.problem() ?? (waiting.length > 0 ? needsRestart(waiting) : undefined),
    waiting: () => waiting,
    takenAt: () => takenAt,
    close() {
      reloads.close()
      trouble.close()
      watch.close()
      clearTimeout(settling)
    },
  }
}

async function readConfig(file: string): Promise<string> {
  try {
    return (await readSmallFile(file, MOST_CONFIG)).toString('utf8')
  } catch (cause) {
    const next = remedyFor(cause, 'put it back')
    const message = `${file} cannot be read (${messageOf(cause)}): ${next}`
    throw new RauthError('ERR_CONFIG_INVALID', message, { cause })
  }
}

function needsRestart(settings: readonly string[]): string {
  return `changed, and needs a restart: ${settings.join(', ')}`
}
