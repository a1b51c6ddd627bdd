import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { installParts, installRegistry } from '../parts/install.ts'
import { lastLines } from '../stack/child.ts'
import { isFree, portNear } from '../stack/ports.ts'
import { startStack, type Stack } from '../stack/stack.ts'
import { prepareState } from '../stack/state.ts'
import { firstRequest } from './first-request.ts'
import { parseStartOptions, USAGE, type StartOptions } from './options.ts'
import { quickstartFacts, welcome } from './report.ts'
import { lockState } from './run-lock.ts'

/** The repository, from dist/tools/start. */
const ROOT = path.resolve(import.meta.dirname, '../../..')
const NAMESPACES = ['team-a', 'team-b']

const say = (line: string) => process.stderr.write(`${line}\n`)

interface Stop {
  readonly signal: NodeJS.Signals
}

interface Death {
  readonly death: string
}

function signalled(): Promise<Stop> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        resolve({ signal })
      })
    }
  })
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

async function install() {
  const options = { progress: say }
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

function stopped(): number {
  say('stopping')
  return 0
}

async function run(options: StartOptions, directory: string, stop: Promise<Stop>): Promise<number> {
  const factsFile = path.join(directory, 'quickstart.json')
  await rm(factsFile, { force: true })
  if (!(await isFree(options.port))) {
    say(
      `port ${options.port} is in use on this machine: stop what listens there, ` +
        `or choose another: npm start -- --port ${options.port + 1}`,
    )
    return 1
  }
  const parts = await Promise.race([stop, install()])
  if ('signal' in parts) return stopped()
  const { envoy, registry } = parts
  const state = await prepareState({ directory, namespaces: NAMESPACES })
  const ports = {
    envoy: options.port,
    token: await portNear(8080),
    gateway: await portNear(9191),
    gatewayHttp: await portNear(9192),
    operations: await portNear(9090),
    registry: await portNear(5000),
  }
  say(`starting rauth, registry ${registry.generation} and Envoy`)
  const stack = await startStack({
    state,
    root: ROOT,
    programs: { registry: registry.path, envoy },
    ports,
    registryAuth: options.registryAuth,
  })
  try {
    for (const login of state.logins.values()) await firstRequest(stack, login)
    const running = {
      ...{ stack, ports, logins: state.logins },
      directory: asTyped(directory),
      registryAuth: options.registryAuth,
    }
    await writeFile(factsFile, `${JSON.stringify(quickstartFacts(running), null, 2)}\n`, {
      mode: 0o600,
    })
    process.stdout.write(`${welcome(running)}\n`)
    const end = await Promise.race([stop, died(stack)])
    if ('signal' in end) return stopped()
    say(`${end.death}\nstopping the rest`)
    return 1
  } finally {
    await rm(factsFile, { force: true })
    await stack.stop()
  }
}

const parsed = parseStartOptions(process.argv.slice(2))
if ('problem' in parsed) {
  say(`${parsed.problem}\n\n${USAGE}`)
  process.exitCode = 2
} else if ('help' in parsed) {
  process.stdout.write(USAGE)
} else {
  const stop = signalled()
  const directory = path.resolve(parsed.options.state ?? path.join(ROOT, '.rauth'))
  const lock = await lockState(directory)
  if (typeof lock === 'number') {
    say(
      `npm start is already running here (pid ${lock}): stop it first, with Ctrl-C or kill ${lock}`,
    )
    process.exitCode = 1
  } else {
    try {
      process.exitCode = await run(parsed.options, directory, stop)
    } catch (error) {
      say(error instanceof Error ? error.message : String(error))
      process.exitCode = 1
    } finally {
      await lock.release()
    }
  }
  // The signal listeners would keep nothing alive, but a part that hangs on must not keep us.
  process.exit()
}
