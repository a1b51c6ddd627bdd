import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

interface Report {
  readonly violations: readonly Violation[]
}

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[]
}

/** What axe-core has against a page by WCAG 2.2 A and AA and by what is usual beside them; a line each; of a part of it, `within`. */
export async function axeFindings(page: Page, within = 'html'): Promise<readonly string[]> {
  const file = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
  const source = await readFile(file, 'utf8')
  // By the debugger: the page's own policy lets no such script in.
  await page.evaluate(`${source}; undefined`)
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
  const options = JSON.stringify({ runOnly: { type: 'tag', values: tags } })
  const { violations } = await page.evaluate<Report>(`axe.run('${within}', ${options})`)
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  )
}
