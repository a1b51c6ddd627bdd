import path from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * `node tools/run.mjs start|test|bench|conformance|…`: brings a fresh clone to where the command can run
 * (npm packages, compiled program) and then runs it. Plain JavaScript and nothing but Node, because
 * there is nothing else yet.
 */
const COMMANDS = {
  start: { main: 'dist/tools/start/main.js', needs: /^(?!test\/)/ },
  // Its build phase tells the rest, after format and lint.
  test: { main: 'dist/tools/test/main.js', needs: /^tools\/(test|parts)\// },
  bench: { main: 'dist/test/bench/main.js', needs: /^/ },
  conformance: { main: 'dist/test/conformance/main.js', needs: /^test\/conformance\// },
  soak: { main: 'dist/test/soak/main.js', needs: /^/ },
  stress: { main: 'dist/test/stress/main.js', needs: /^/ },
  differential: { main: 'dist/test/differential/main.js', needs: /^/ },
  faults: { main: 'dist/test/faults/main.js', needs: /^/ },
  alarms: { main: 'dist/test/alarms/main.js', needs: /^/ },
  pictures: { main: 'dist/test/pictures/main.js', needs: /^/ },
  'docker-auth': { main: 'dist/test/docker-auth/main.js', needs: /^/ },
  openapi: { main: 'dist/test/openapi/main.js', needs: /^/ },
  dashboard: { main: 'dist/test/picture/main.js', needs: /^/ },
  parts: { main: 'dist/tools/parts/main.js', needs: /^tools\/parts\// },
  protos: { main: 'dist/tools/protos/main.js', needs: /^tools\/protos\// },
  docs: { main: 'dist/tools/docs/main.js', needs: /^(tools\/docs|src\/config)\// },
  chart: { main: 'dist/tools/chart/main.js', needs: /^tools\/chart\// },
  envoy: { main: 'dist/tools/envoy/main.js', needs: /^(?!test\/)/ },
  metrics: { main: 'dist/tools/metrics/main.js', needs: /^(?!test\/)/ },
  sbom: { main: 'dist/tools/shipping/main.js', needs: /^(?!test\/)/ },
  build: { main: undefined, needs: /^/ },
}

const OLDEST = [20, 19]

function say(line) {
  process.stderr.write(`${line}\n`)
}

function isOldNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])
}

async function run([name, ...rest]) {
  if (!Object.hasOwn(COMMANDS, name ?? '')) {
    say(`usage: node tools/run.mjs ${Object.keys(COMMANDS).join('|')} [arguments]`)
    return 2
  }
  const { main, needs } = COMMANDS[name]
  // Not imported above: they are newer than the Node that is asked for its version.
  const { installPackages } = await import('./packages.mjs')
  const { build, ROOT } = await import('./build.mjs')
  await installPackages(say)
  const { problems } = await build(say)
  const blocking = problems.filter(({ file }) => file === undefined || needs.test(file))
  if (blocking.length > 0) {
    say(blocking.map(({ text }) => text).join('\n'))
    say(`${name}: does not compile; after a repair: npm run build`)
    return 1
  }
  if (main === undefined) return 0
  const file = path.join(ROOT, main)
  process.argv = [process.argv[0], file, ...rest]
  await import(pathToFileURL(file).href)
  return undefined
}

if (isOldNode()) {
  say(
    `rauth needs Node.js ${OLDEST.join('.')} or newer, this is ${process.versions.node} ` +
      `(${process.execPath}): install a newer one, see https://nodejs.org`,
  )
  process.exitCode = 1
} else {
  try {
    const code = await run(process.argv.slice(2))
    // What was handed over to sets its own, now or later.
    if (code !== undefined) process.exitCode = code
  } catch (thrown) {
    // What we throw ourselves has its message; anything else shows where it came from.
    say(thrown.expected === true ? thrown.message : thrown.stack)
    process.exitCode = 1
  }
}
