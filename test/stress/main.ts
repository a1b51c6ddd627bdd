import { ATTACKS } from './attacks.ts'
import { besiege } from './siege.ts'
import { verdict } from './verdict.ts'

/**
 * `node tools/run.mjs stress [minutes] [seed]`: attacks on the gRPC port of a gateway, again and again,
 * with a seed that is printed.
 */
const [minutes = '5', given = String(Math.floor(Math.random() * 2 ** 31))] = process.argv.slice(2)
const [duration, seed] = [Number(minutes), Number(given)]
if (!(duration > 0) || !Number.isInteger(seed)) {
  process.stderr.write('usage: node tools/run.mjs stress [minutes] [seed]\n')
  process.exit(2)
}
const say = (line: string) => process.stdout.write(`${line}\n`)
say(`${Object.keys(ATTACKS).length} attacks in turn for ${duration} min, seed ${seed}`)
const end = performance.now() + duration * 60_000
const outcome = await besiege({
  ...{ attacks: ATTACKS, seed, say },
  goesOn: () => performance.now() < end,
})
const { lines, wrong } = verdict(outcome)
for (const line of [...lines, ...wrong]) say(line)
if (wrong.length > 0) process.exitCode = 1
