import path from 'node:path'

/**
 * Files that take longest, by their names below `test/`. They start before the others: one that started last
 * would run alone at the end. What belongs here is what `npm test` prints last.
 */
export const LONG = ['e2e/pages/pages.test.ts'] as const

/** The same files, those that take long first. */
export function longFirst(files: readonly string[]): readonly string[] {
  const long = LONG.map((name) => path.join('test', name)).filter((file) => files.includes(file))
  return [...long, ...files.filter((file) => !long.includes(file))]
}
