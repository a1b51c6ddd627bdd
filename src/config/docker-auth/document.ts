import path from 'node:path'
import { readDocument, type ConfigDocument, type Place } from '../document.ts'
import { mistakesOf } from '../mistakes.ts'
import { boundedProblems, problemsError, type ConfigProblem } from '../problems.ts'
import { keysAt } from '../settings.ts'
import { schema, type DockerAuth } from './schema.ts'
import { ELSEWHERE, ELSEWHERE_IN_SERVER } from './sections.ts'

export interface DockerAuthDocument {
  readonly data: DockerAuth
  readonly locate: ConfigDocument['locate']
}

/**
 * The text of a docker_auth configuration, read strictly: unknown keys, which docker_auth passes over, and
 * sections of what rauth does in another way are problems. Each has its place, in the order of the text.
 */
export function readDockerAuth(
  source: string,
  fileName: string,
):
  | { readonly document: DockerAuthDocument; readonly problems?: never }
  | { readonly problems: readonly ConfigProblem[] } {
  const at = ({ line, column }: Place) => `${fileName}:${line}:${column}`
  const read = readDocument(source, { scalars: 'texts' })
  if (read.problems !== undefined) {
    return {
      problems: boundedProblems(
        read.problems.map(({ place, message }) => ({ where: at(place), message })),
      ),
    }
  }
  const { values, locate } = read.document
  const { known, problems } = withoutElsewhere(values)
  const parsed = schema.safeParse(known, { reportInput: true })
  const mistakes = (parsed.error?.issues ?? []).flatMap((issue) =>
    mistakesOf(issue, (place) => keysAt(place, schema)),
  )
  if (parsed.data !== undefined && problems.length === 0) {
    return { document: { data: parsed.data, locate } }
  }
  const found = [...problems, ...mistakes]
    .map(({ path: key, message }) => ({ place: locate(key), message }))
    .sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
  return {
    problems: boundedProblems(found.map(({ place, message }) => ({ where: at(place), message }))),
  }
}

/** The same; throws a RauthError that lists each mistake with its place. */
export function dockerAuthOf(source: string, fileName: string): DockerAuthDocument {
  const read = readDockerAuth(source, fileName)
  if (read.problems !== undefined) throw problemsError(read.problems)
  return read.document
}

/** `acl[2]` is known by the file and its line. */
export function entryId(
  fileName: string,
  locate: DockerAuthDocument['locate'],
  index: number,
): string {
  return `${path.basename(fileName)}:${locate(['acl', index]).line}`
}

/** What rauth does in another way is said in its own words, not as an unknown key. */
function withoutElsewhere(values: Readonly<Record<string, unknown>>) {
  const problems: { readonly path: readonly string[]; readonly message: string }[] = []
  const sift = (
    map: unknown,
    elsewhere: Readonly<Record<string, string>>,
    above: readonly string[],
  ) => {
    if (typeof map !== 'object' || map === null || Array.isArray(map)) return map
    const kept = Object.entries(map as Record<string, unknown>).filter(([key]) => {
      if (!Object.hasOwn(elsewhere, key)) return true
      const place = [...above, key]
      const way = elsewhere[key] ?? ''
      problems.push({ path: place, message: `"${place.join('.')}" is not supported: ${way}` })
      return false
    })
    return Object.fromEntries(kept)
  }
  const server = sift(values['server'], ELSEWHERE_IN_SERVER, ['server'])
  const known = sift({ ...values, ...(server === undefined ? {} : { server }) }, ELSEWHERE, [])
  return { known, problems }
}
