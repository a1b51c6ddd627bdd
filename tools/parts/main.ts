import { CATALOGUE, label, type PartName } from './catalogue.ts'
import { installParts } from './install.ts'

/**
 * `npm run parts [-- NAME…]`: installs parts ahead of time, for a machine that will be without a
 * network, and prints where each is. Without a name it lists what there is.
 */
const names = process.argv.slice(2)
const isPart = (name: string): name is PartName => Object.hasOwn(CATALOGUE, name)
const unknown = names.filter((name) => !isPart(name))

if (unknown.length > 0) {
  const known = Object.keys(CATALOGUE).join(', ')
  process.stderr.write(`no part is called ${unknown.join(', ')}; there are ${known}\n`)
  process.exitCode = 2
} else if (names.length === 0) {
  for (const [name, part] of Object.entries(CATALOGUE)) {
    process.stdout.write(`${name}\t${label(part)}\n`)
  }
} else {
  try {
    const progress = (line: string) => process.stderr.write(`${line}\n`)
    const paths = await installParts(names.filter(isPart), { progress })
    for (const name of names.filter(isPart)) process.stdout.write(`${name}\t${paths[name]}\n`)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
