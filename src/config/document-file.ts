import type { z } from 'zod'
import { readDocument, type ConfigDocument, type Place } from './document.ts'
import { mistakesOf } from './mistakes.ts'
import { boundedProblems, type ConfigProblem } from './problems.ts'
import { keysAt } from './settings.ts'

/**
 * The text of a file of its own, by its schema; or the problems, each with its place and in the order of
 * the text. `top`: the key that all of it stands below.
 */
export function readFileAs<T extends z.ZodType>(
  schema: T,
  source: string,
  fileName: string,
  top?: string,
):
  | {
      readonly data: z.output<T>
      readonly document: ConfigDocument
      readonly problems?: never
    }
  | { readonly problems: readonly ConfigProblem[] } {
  const at = ({ line, column }: Place) => `${fileName}:${line}:${column}`
  const read = readDocument(source, top === undefined ? {} : { top })
  if (read.problems !== undefined) {
    return {
      problems: boundedProblems(
        read.problems.map(({ place, message }) => ({ where: at(place), message })),
      ),
    }
  }
  const { document } = read
  const parsed = schema.safeParse(document.values, { reportInput: true })
  if (parsed.success) return { data: parsed.data, document }
  const found = parsed.error.issues
    .flatMap((issue) => mistakesOf(issue, (place) => keysAt(place, schema)))
    .map(({ path: key, message }) => ({ place: document.locate(key), message }))
    .sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
  return {
    problems: boundedProblems(found.map(({ place, message }) => ({ where: at(place), message }))),
  }
}
