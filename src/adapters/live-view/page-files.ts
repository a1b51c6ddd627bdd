import { readFileSync } from 'node:fs'
import path from 'node:path'

/** All there are: what is not listed is not served. */
export const PAGE_FILES = [
  'page.html',
  'login.html',
  'page.css',
  'page.js',
  'login.js',
  'dom.js',
  'now.js',
  'decisions.js',
  'details.js',
  'explanation.js',
  'state.js',
  'ask.js',
] as const

export type PageFile = (typeof PAGE_FILES)[number]

/** From dist/src/adapters/live-view, where the compiler puts this file. */
const FOLDER = path.resolve(import.meta.dirname, '../../../../src/adapters/live-view/page')

/**
 * The text of a file of the page. In the bundled program tools/bundle.mjs puts another function in the place of
 * this one, which has the texts in it.
 */
export function readPageFile(name: PageFile): string {
  return readFileSync(path.join(FOLDER, name), 'utf8')
}
