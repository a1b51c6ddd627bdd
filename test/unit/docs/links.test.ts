import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import GithubSlugger from 'github-slugger'
import { allPages, targetOf, type Page } from '../../support/pages.ts'

/** The root of the repository, from dist/test/unit/docs. */
const ROOT = path.resolve(import.meta.dirname, '../../../..')

const PAGES = new Map(allPages().map((page) => [page.file, page]))

/** Where files name pages and examples by their places in the repository. */
const NAMING = ['src', 'tools', 'envoy', 'charts', 'examples', 'kustomize']

const NAMED = /(?<![\w/])(?:docs|examples)\/(?:[\w-]+\/)*[\w-]+\.[a-z]+\b/g

/** As whoever shows Markdown makes them. */
function anchorsOf({ headings }: Page): ReadonlySet<string> {
  const slugger = new GithubSlugger()
  return new Set(headings.map((heading) => slugger.slug(heading)))
}

describe('the pages', () => {
  for (const page of PAGES.values()) {
    it(`${page.file} links to what is there`, () => {
      for (const link of page.links.filter((one) => !/^[a-z]+:/.test(one))) {
        const { place, anchor } = targetOf(page, link)
        assert.ok(existsSync(path.join(ROOT, place)), `${link}: no such file`)
        const target = PAGES.get(place)
        if (anchor === '' || target === undefined) continue
        assert.ok(anchorsOf(target).has(anchor), `${link}: no such heading`)
      }
    })
  }

  it('are there by every name that the code, the chart and the examples have for them', () => {
    const places = NAMING.flatMap((folder) =>
      readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name)),
    )
    const named = places.flatMap((place) =>
      [...readFileSync(place, 'utf8').matchAll(NAMED)].map(([name]) => ({ place, name })),
    )
    assert.ok(named.length > 20, String(named.length))
    assert.deepEqual(
      named.filter(({ name }) => !existsSync(path.join(ROOT, name))),
      [],
    )
  })

  it('are all found from the index of docs/', () => {
    const index = PAGES.get('docs/README.md') ?? assert.fail('no index')
    const told = new Set(index.links.map((link) => targetOf(index, link).place))
    const pages = [...PAGES.keys()].filter((file) => /^docs\/(?!README)/.test(file))
    assert.deepEqual(
      pages.filter((file) => !told.has(file)),
      [],
    )
  })
})
