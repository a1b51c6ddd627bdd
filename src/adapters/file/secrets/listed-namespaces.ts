import { unusableSecret } from '../../../credentials/credential.ts'
import type { ListedNamespace } from '../../../credentials/listed-namespace.ts'
import type { SecretFiles } from './secret-files.ts'

/** The namespaces that the files of a directory speak for, each once. */
export function* listedNamespaces(files: SecretFiles): Generator<ListedNamespace> {
  const seen = new Set<string>()
  const twice = namedTwice([...files.values()].flatMap(({ namespaces }) => namespaces))
  for (const { readings } of files.values()) {
    for (const reading of readings) {
      const { namespace } = reading
      if (namespace === undefined || seen.has(namespace)) continue
      seen.add(namespace)
      if (twice.has(namespace)) {
        yield { namespace, credentials: [], problem: MORE_THAN_ONE }
      } else if (reading.kind === 'problem') {
        yield { namespace, credentials: [], problem: reading.problem }
      } else {
        const { credentials, since } = reading
        yield { namespace, credentials, ...(since !== undefined && { since }) }
      }
    }
  }
}

/**
 * Those whose Secret can't be used, with what is recorded of that; also where a part of a file that can't be read
 * was theirs.
 */
export function unusableNamespaces(
  files: SecretFiles,
  secretName: string,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const add = (namespace: string, problem: string) =>
    found.set(namespace, unusableSecret(`${namespace}/${secretName}`, problem))
  for (const { namespace, problem } of listedNamespaces(files)) {
    if (problem !== undefined) add(namespace, problem)
  }
  const known = new Set([...files.values()].flatMap(({ namespaces }) => namespaces))
  for (const { readings, lost } of files.values()) {
    const part = readings.find((one) => one.kind === 'problem' && one.namespace === undefined)
    if (part?.kind !== 'problem') continue
    for (const namespace of lost) if (!known.has(namespace)) add(namespace, part.problem)
  }
  return found
}

function namedTwice(namespaces: readonly string[]): ReadonlySet<string> {
  const once = new Set<string>()
  // There may be tens of thousands, and a page that is open asks every few seconds.
  return new Set(namespaces.filter((namespace) => once.size === once.add(namespace).size))
}

/** What is wrong with a namespace that has two: nothing tells which is meant. */
export const MORE_THAN_ONE = 'more than one Secret: leave one of them'
