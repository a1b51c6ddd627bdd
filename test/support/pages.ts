import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Nodes } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'

/** The repository, from dist/test/support. */
export const ROOT = path.resolve(import.meta.dirname, '../../..')

/** A block of code in a page. */
export interface Block {
  /** `docs/tls.md:27`. */
  readonly place: string
  /** What stands behind its fence, such as `yaml`; empty without. */
  readonly language: string
  /** And what behind that; empty without. */
  readonly remark: string
  readonly text: string
  /** The last heading before it; empty without. */
  readonly heading: string
}

/** A page that people read, as Markdown reads it. */
export interface Page {
  /** Place in the repository. */
  readonly file: string
  readonly blocks: readonly Block[]
  /** Targets of its links and pictures, as they are written. */
  readonly links: readonly string[]
  /** Plain text of its headings, in their order. */
  readonly headings: readonly string[]
}

/** Every page: of the repository itself, of docs/, of the chart, of tests and examples. */
export function allPages(): readonly Page[] {
  const below = (folder: string) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      path.join(folder, name),
    )
  const top = readdirSync(ROOT).filter((name) => name.endsWith('.md'))
  const others = ['docs', 'charts', 'kustomize', 'examples', 'envoy', 'test/corpus'].flatMap(below)
  return [...top, ...others].filter((name) => name.endsWith('.md')).map(pageAt)
}

/** Where a link of a page leads: place in the repository, and the anchor behind it. */
export function targetOf({ file }: Page, link: string): { place: string; anchor: string } {
  const [to = '', anchor = ''] = link.split('#')
  return { place: to === '' ? file : path.join(path.dirname(file), decodeURI(to)), anchor }
}

export function pageAt(file: string): Page {
  const blocks: Block[] = []
  const links: string[] = []
  const headings: string[] = []
  function visit(node: Nodes): void {
    if (node.type === 'code') {
      const place = `${file}:${String(node.position?.start.line)}`
      blocks.push({
        place,
        language: node.lang ?? '',
        remark: node.meta ?? '',
        text: node.value,
        heading: headings.at(-1) ?? '',
      })
    }
    if (node.type === 'link' || node.type === 'image' || node.type === 'definition') {
      links.push(node.url)
    }
    // GitHub shows another picture where it is dark by a piece of HTML.
    if (node.type === 'html') links.push(...htmlLinks(node.value))
    if (node.type === 'heading') headings.push(textOf(node))
    if ('children' in node) node.children.forEach(visit)
  }
  visit(fromMarkdown(readFileSync(path.join(ROOT, file), 'utf8')))
  return { file, blocks, links, headings }
}

function htmlLinks(html: string): readonly string[] {
  return [...html.matchAll(/\b(?:src|srcset|href)="([^"]+)"/g)].map(([, link = '']) => link)
}

function textOf(node: Nodes): string {
  if ('value' in node) return node.value
  return 'children' in node ? node.children.map(textOf).join('') : ''
}
