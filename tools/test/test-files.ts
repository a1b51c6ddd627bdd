import { readdirSync } from 'node:fs'
import path from 'node:path'
import type { TestPhase } from './phases.ts'

/**
 * The test files of a phase, from their sources: what is compiled but has no source any more, and
 * helpers, are not tests. Paths are relative to the repository.
 */
export function testFiles(
  root: string,
  phase: TestPhase,
  filters: readonly string[],
): readonly string[] {
  const folder = path.join('test', phase)
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => path.join(folder, name))
    .filter((file) => filters.length === 0 || filters.some((part) => file.includes(part)))
    .sort()
}

export function compiledFile(file: string): string {
  return path.join('dist', file.replace(/\.ts$/, '.js'))
}

/** The source of a compiled file; of any other file that itself. */
export function sourceOf(module: string): string {
  return module.replace(/\bdist\/(.*)\.js$/, '$1.ts')
}
