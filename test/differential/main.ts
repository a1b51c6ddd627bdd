import { DEPLOYMENTS, nameOf, startDeployment } from './deployment.ts'
import { judgeRecords } from './records.ts'
import { run } from './run.ts'
import { askStraight } from './straight.ts'

/**
 * `node tools/run.mjs differential [cases] [seed]`: as many cases as wanted, in each of the four
 * deployments a quarter, with a seed that is printed.
 */

const [cases = '20000', given = String(Math.floor(Math.random() * 2 ** 31))] = process.argv.slice(2)
const [total, seed] = [Number(cases), Number(given)]
if (!Number.isInteger(total) || total < 1 || !Number.isInteger(seed)) {
  process.stderr.write('usage: node tools/run.mjs differential [number of cases] [seed]\n')
  process.exit(2)
}

const say = (line: string) => process.stdout.write(`${line}\n`)
const count = Math.ceil(total / DEPLOYMENTS.length)
say(`${count} cases in each deployment, seed ${seed}`)
for (const [i, options] of DEPLOYMENTS.entries()) {
  const deployment = await startDeployment(options)
  try {
    const begin = performance.now()
    const { violations, tally } = await run(deployment, {
      ...{ seed, first: i * count, count },
      progress: (done) => {
        if (done % 20_000 === 0) say(`  ${done}`)
      },
    })
    const seconds = ((performance.now() - begin) / 1000).toFixed(1)
    const counts = Object.entries(tally).map(([name, value]) => `${name} ${value}`)
    say(`${nameOf(options)}: ${seconds} s; ${counts.join(', ')}`)
    const straight = await askStraight(deployment, { seed, count: Math.ceil(count / 10) })
    const { wrong, recorded } = await judgeRecords(deployment.stack)
    say(`  ${recorded} records; of these ${straight.answers} past Envoy`)
    const found = [...violations, ...straight.wrong, ...wrong]
    for (const violation of found) say(violation)
    if (found.length > 0) process.exitCode = 1
  } finally {
    await deployment.stop()
  }
  if (process.exitCode === 1) break
}
