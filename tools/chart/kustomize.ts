import path from 'node:path'
import * as prettier from 'prettier'
import { isMap, parseAllDocuments, type Document } from 'yaml'
import { laneFiles } from './kustomize-lane.ts'

/** `helm template` with these arguments → what it prints. */
export type Render = (...args: readonly string[]) => Promise<string>

/** What of kustomize/ is rendered from the chart: place in it → what must stand there. `root`: the repository. */
export async function kustomizeFiles(
  root: string,
  render: Render,
): Promise<ReadonlyMap<string, string>> {
  const args = ['-n', 'registry', '-f', path.join(root, 'kustomize/values.yaml')]
  const chart = ['rauth', path.join(root, 'charts/rauth'), ...args]
  const rendered = async (...more: readonly string[]) =>
    formed(await render(...chart, ...more), root)
  const base = await rendered('--no-hooks')
  const withLane = await rendered('--no-hooks', '--set', 'gateway.fastLane.enabled=true')
  return new Map([
    ['base/rauth.yaml', base],
    // The hook that makes the keys, which nobody runs as one here.
    ['keys/keys-init.yaml', await rendered('--show-only', 'templates/keys-init.yaml')],
    ...(await Promise.all(
      laneFiles(base, withLane).map(
        async ([place, text]) => [place, await formatted(text, root)] as const,
      ),
    )),
  ])
}

/** Helm's marks on an object, which are wrong where it is not Helm that applies it. */
const MARKS = {
  labels: ['helm.sh/chart', 'app.kubernetes.io/managed-by'],
  annotations: ['hook', 'hook-weight', 'hook-delete-policy', 'resource-policy'].map(
    (name) => `helm.sh/${name}`,
  ),
}

async function formed(text: string, root: string): Promise<string> {
  // Helm and kubectl read YAML 1.1, where 0440 is octal.
  const documents = parseAllDocuments(text, { version: '1.1' })
  if (!Array.isArray(documents)) throw new Error('nothing was rendered')
  const objects = documents.filter(({ contents }) => isMap(contents))
  for (const object of objects) unmark(object)
  return formatted(
    objects
      .map(String)
      .join('\n')
      .replaceAll(/^ *# Source: .*\n/gm, ''),
    root,
  )
}

async function formatted(text: string, root: string): Promise<string> {
  const options = (await prettier.resolveConfig(path.join(root, 'package.json'))) ?? {}
  const made = `# Made by: node tools/run.mjs chart\n${text}`
  return prettier.format(made, { ...options, parser: 'yaml' })
}

/** Of the object itself, and of the pods that it has a template for. */
function unmark(object: Document): void {
  for (const at of [
    ['metadata'],
    ['spec', 'template', 'metadata'],
    ['spec', 'jobTemplate', 'spec', 'template', 'metadata'],
  ]) {
    for (const [key, names] of Object.entries(MARKS)) {
      const place = [...at, key]
      if (!object.hasIn(place)) continue
      for (const name of names) object.deleteIn([...place, name])
      const rest = object.getIn(place)
      if (isMap(rest) && rest.items.length === 0) object.deleteIn(place)
    }
  }
}
