import { readFileSync } from 'node:fs'
import path from 'node:path'
import * as prettier from 'prettier'
import { referenceOf } from './reference.ts'

/** Stand around what is made, each in a line of its own. */
const BEGIN = /^<!-- (\w+): made by .*-->$/m

/** What is made, by the word that its first line begins with. */
const MADE: Readonly<Record<string, () => string>> = { reference: referenceOf }

/** The pages that something is made of: place in the repository → what must stand there. `root`: the repository. */
export async function madePages(root: string): Promise<ReadonlyMap<string, string>> {
  const options = (await prettier.resolveConfig(path.join(root, 'package.json'))) ?? {}
  const pages = ['docs/configuration.md'].map(async (name) => {
    const page = withMade(readFileSync(path.join(root, name), 'utf8'), name)
    return [name, await prettier.format(page, { ...options, parser: 'markdown' })] as const
  })
  return new Map(await Promise.all(pages))
}

function withMade(page: string, name: string): string {
  const begin = BEGIN.exec(page)
  const make = MADE[begin?.[1] ?? '']
  const end = `<!-- ${begin?.[1] ?? ''}: end -->`
  const at = page.indexOf(end)
  if (begin === null || make === undefined || at < begin.index) {
    throw new Error(
      `${name}: has no place for what is made; its lines are those of tools/docs/made.ts`,
    )
  }
  return `${page.slice(0, begin.index + begin[0].length)}\n\n${make()}\n\n${page.slice(at)}`
}
