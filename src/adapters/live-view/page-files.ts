import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** From dist/src/adapters/live-view, where the compiler puts this module. */
const FOLDER = path.resolve(import.meta.dirname, '../../../../src/adapters/live-view/page')

/**
 * The files of the page, by their names. In the bundled program another module stands in the place of this
 * one, which tools/bundle.mjs makes and which has their texts in it.
 */
export const PAGE_FILES: readonly string[] = readdirSync(FOLDER)

export function readPageFile(name: string): string {
  return readFileSync(path.join(FOLDER, name), 'utf8')
}
