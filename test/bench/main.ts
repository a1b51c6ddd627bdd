import { cpus, totalmem } from 'node:os'
import { benchCheck } from './check.ts'
import { benchImage } from './image.ts'
import { benchKubernetes } from './kubernetes.ts'
import { benchLane } from './lane.ts'
import { benchLive } from './live.ts'
import { benchMemory } from './memory.ts'
import { benchPolicy } from './policy.ts'
import { benchStart } from './start.ts'
import { benchStorm } from './storm.ts'
import { benchToken } from './token.ts'
import { benchWorkers } from './workers.ts'

/**
 * `npm run bench [-- start|check|token|memory|policy|kubernetes|image|storm|lane|live|workers]`: figures to compare within one run, never a pass or a fail.
 * Answers are checked before anything is measured.
 */
const BENCHES = {
  ...{ start: benchStart, check: benchCheck, token: benchToken },
  ...{ memory: benchMemory, policy: benchPolicy, kubernetes: benchKubernetes },
  ...{ image: benchImage, storm: benchStorm, lane: benchLane, live: benchLive },
  ...{ workers: benchWorkers },
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in BENCHES))
if (unknown.length > 0) {
  process.stderr.write(`unknown bench ${unknown.join(', ')}: ${Object.keys(BENCHES).join(', ')}\n`)
  process.exit(2)
}

const processors = cpus()
process.stdout.write(
  `node ${process.version}, ${String(processors.length)} × ${processors[0]?.model ?? 'cpu'}, ` +
    `${String(Math.round(totalmem() / 2 ** 30))} GiB; load generator on the same machine\n`,
)
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  process.stdout.write(`\n${name}\n`)
  for (const line of await bench()) process.stdout.write(`  ${line}\n`)
}
