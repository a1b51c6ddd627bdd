import { parseArgs } from 'node:util'
import { judge } from './judge.ts'
import { soak } from './soak.ts'

/**
 * `npm run soak [-- --minutes N --rate N --seed N]`: half an hour of checks and logins while Secrets
 * change. Fails on a wrong answer, on files that stay open, and on memory that grows.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '500' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
})
const [minutes, rate, seed] = [values.minutes, values.rate, values.seed].map(Number) as [
  number,
  number,
  number,
]
const say = (line: string) => process.stdout.write(`${line}\n`)
if (minutes > 0 && rate > 0 && Number.isInteger(seed)) {
  say(`node ${process.version}: ${rate} checks a second for ${minutes} min, seed ${seed}`)
  const { lines, problems } = judge(
    await soak({ seconds: minutes * 60, rate, seed, every: 2_000, say }),
  )
  for (const line of [...lines, ...problems, problems.length === 0 ? 'passed' : 'FAILED']) say(line)
  if (problems.length > 0) process.exitCode = 1
} else {
  process.stderr.write('usage: npm run soak -- [--minutes N] [--rate N] [--seed N]\n')
  process.exitCode = 2
}
