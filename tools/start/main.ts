import { rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { installParts, installRegistry } from '../parts/install.ts'
import { lastLines } from '../stack/child.ts'
import { createPortPicker, isFree } from '../stack/ports.ts'
import { startStack, type Stack } from '../stack/stack.ts'
import { prepareState } from '../stack/state.ts'
import { firstRequest } from './first-request.ts'
import { followLog } from './follow-log.ts'
import { onOrphaned } from './orphaned.ts'
import { untilAborted } from './until-aborted.ts'
import { parseStartOptions, USAGE, type StartOptions } from './options.ts'
import { quickstartFacts, welcome } from './report.ts'
import { lockState } from './run-lock.ts'

/** The repository, from dist/tools/start. */
const ROOT = path.resolve(import.meta.dirname, '../../..')
const NAMESPACES = ['team-a', 'team-b']

const say = (line: string) => process.stderr.write(`${line}\n`)

interface Death {
  readonly death: string
}

/** Aborted by the first signal that asks this program to stop, or when its npm was stopped. */
function stopSignal(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      controller.abort()
    })
  }
  onOrphaned(() => {
    controller.abort()
  })
  return controller.signal
}

function died(stack: Stack): Promise<Death> {
  return Promise.race(
    stack.children().map(async (child) => {
      const how = await child.ended
      const lines = await lastLines(child)
      return {
        death: `${child.name} ended by itself (${how}); the end of ${child.logFile}:\n${lines}`,
      }
    }),
  )
}

async function install(signal: AbortSignal) {
  const options = { progress: say, signal }
  const [{ envoy }, registry] = await Promise.all([
    installParts(['envoy'], options),
    installRegistry(options),
  ])
  return { envoy, registry }
}

/** A path as short as a person would type it. */
function asTyped(file: string): string {
  const relative = path.relative(process.cwd(), file)
  return relative.startsWith('..') ? file : relative
}

/** What rauth logs from a byte on, as it comes. Not into a pipe, unless that is asked for: who reads no more would hold it all up. */
function showLog(
  stack: Stack,
  { logFormat }: StartOptions,
  { from, signal }: { readonly from: number; readonly signal: AbortSignal },
): void {
  const { isTTY } = process.stdout
  const format = logFormat ?? (isTTY ? 'pretty' : 'none')
  if (format === 'none') return
  void followLog({
    ...{ file: stack.rauth().logFile, from, format, signal },
    colors: isTTY && (process.env['NO_COLOR'] ?? '') === '',
    write: (text) => process.stdout.write(text),
  })
}

/** Runs it all until `signal` or until a part dies; gives the exit code. */
async function run(options: StartOptions, directory: string, signal: AbortSignal): Promise<number> {
  const factsFile = path.join(directory, 'quickstart.json')
  await rm(factsFile, { force: true })
  if (!(await isFree(options.port))) {
    say(
      `port ${options.port} is in use on this machine: stop what listens there, ` +
        `or choose another: npm start -- --port ${options.port + 1}`,
    )
    return 1
  }
  const { envoy, registry } = await install(signal)
  const state = await prepareState({ directory, namespaces: NAMESPACES })
  const pick = createPortPicker([options.port])
  const ports = {
    envoy: options.port,
    token: await pick(8080),
    gateway: await pick(9191),
    gatewayHttp: await pick(9192),
    operations: await pick(9090),
    registry: await pick(5000),
  }
  say(`starting rauth, registry ${registry.generation} and Envoy`)
  const stack = await startStack({
    state,
    root: ROOT,
    programs: { registry: registry.path, envoy },
    ports,
    ...{ registryAuth: options.registryAuth, fastLane: options.fastLane },
    settings: { liveView: { enabled: true } },
    signal,
  })
  try {
    for (const login of state.logins.values()) {
      await firstRequest(stack, login, signal).catch(async (error: unknown) => {
        say(`the end of ${stack.rauth().logFile}:\n${await lastLines(stack.rauth())}`)
        throw error
      })
    }
    const running = {
      ...{ stack, ports, logins: state.logins },
      directory: asTyped(directory),
      ...{ registryAuth: options.registryAuth, fastLane: options.fastLane },
    }
    // Whoever reads these asks at once, and looks for what the log says to that.
    const { size: from } = await stat(stack.rauth().logFile)
    await writeFile(factsFile, `${JSON.stringify(quickstartFacts(running), null, 2)}\n`, {
      mode: 0o600,
    })
    // Beside JSON it is talk: what reads that from stdout reads nothing else.
    const stream = options.logFormat === 'json' ? process.stderr : process.stdout
    stream.write(`${welcome(running)}\n`)
    showLog(stack, options, { from, signal })
    const end = await Promise.race([untilAborted(signal), died(stack)])
    if (end === undefined) say('stopping')
    else say(`${end.death}\nstopping the rest`)
    return end === undefined ? 0 : 1
  } finally {
    await rm(factsFile, { force: true })
    const killed = await stack.stop()
    if (killed.length > 0) say(`had to be killed: ${killed.join(', ')}`)
  }
}

async function main(args: readonly string[]): Promise<number> {
  const parsed = parseStartOptions(args)
  if ('problem' in parsed) {
    say(`${parsed.problem}\n\n${USAGE}`)
    return 2
  }
  if ('help' in parsed) {
    process.stdout.write(USAGE)
    return 0
  }
  const signal = stopSignal()
  const directory = path.resolve(parsed.options.state ?? path.join(ROOT, '.rauth'))
  const lock = await lockState(directory)
  if (typeof lock === 'number') {
    say(`npm start is already running here (pid ${lock}): stop it first, Ctrl-C or kill ${lock}`)
    return 1
  }
  try {
    return await run(parsed.options, directory, signal)
  } catch (error) {
    // What was under way when it was told to stop has failed for that reason.
    if (!signal.aborted) throw error
    say('stopped before it was up')
    return 0
  } finally {
    await lock.release()
  }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
// A part that hangs on must not keep us.
process.exit()
