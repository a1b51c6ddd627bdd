import { readFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from './pages.ts'

/** Names of the first column of the table in docs/health.md: `.gateway` behind `listeners.token` is `listeners.gateway`. */
function namesOfPage(): ReadonlySet<string> {
  const page = readFileSync(path.join(ROOT, 'docs/health.md'), 'utf8')
  const cells = [...page.matchAll(/^\| (`[^|]+) \|/gm)].map(([, cell = '']) => cell)
  return new Set(
    cells.flatMap((cell) => {
      const names = [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
      const section = names[0]?.split('.')[0] ?? ''
      return names.map((name) => (name.startsWith('.') ? section + name : name))
    }),
  )
}

/** Parts that an answer of `/readyz` has and docs/health.md has not. */
export function partsOnNoPage(body: string): readonly string[] {
  const { parts } = JSON.parse(body) as { parts: Readonly<Record<string, boolean>> }
  const known = namesOfPage()
  return Object.keys(parts).filter((name) => !known.has(name))
}
