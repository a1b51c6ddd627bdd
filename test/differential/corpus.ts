import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseLine, type RawRequest } from './raw-request.ts'

/** The repository's test/corpus, from dist/test/differential. */
const FOLDER = path.resolve(import.meta.dirname, '../../../test/corpus')

/** What must come of a line, whatever Envoy does with paths; `safe` and `same` may reach the registry. */
const EXPECTATIONS = ['denied', 'safe', 'same'] as const

export interface CorpusLine {
  /** `denied`: never reaches the registry; `safe`: harms nobody; `same`: as without a gateway. */
  readonly expectation: (typeof EXPECTATIONS)[number]
  readonly request: RawRequest
  /** File and line, for a message. */
  readonly place: string
}

/** The lines of each file, in order: those of one file may build upon each other. */
export function readCorpus(): ReadonlyMap<string, readonly CorpusLine[]> {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'))
  return new Map(names.sort().map((name) => [`test/corpus/${name}`, readFile(name)]))
}

function readFile(name: string): readonly CorpusLine[] {
  const lines = readFileSync(path.join(FOLDER, name), 'utf8').split('\n')
  return lines.flatMap((line, i) =>
    line === '' || line.startsWith('#') ? [] : [readLine(line, `test/corpus/${name}:${i + 1}`)],
  )
}

function readLine(line: string, place: string): CorpusLine {
  const word = line.slice(0, line.indexOf(' '))
  const expectation = EXPECTATIONS.find((one) => one === word)
  if (expectation === undefined) {
    throw new Error(`${place} begins with none of ${EXPECTATIONS.join(', ')}`)
  }
  return { expectation, request: parseLine(line.slice(word.length + 1)), place }
}
