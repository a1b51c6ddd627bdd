import { readFileSync } from 'node:fs'
import path from 'node:path'

const IMPORT = /^\s*import\s+(?:public\s+|weak\s+)?"([^"]+)"\s*;/gm

/**
 * A proto file and all that it imports, by import path. `google/protobuf/*` is left out: every
 * protobuf library has those itself.
 */
export function closure(entry: string, roots: readonly string[]): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>()
  const pending = [entry]
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (files.has(name) || name.startsWith('google/protobuf/')) continue
    const content = readFrom(roots, name)
    files.set(name, content)
    for (const [, imported] of content.toString('utf8').matchAll(IMPORT)) {
      if (imported !== undefined) pending.push(imported)
    }
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function readFrom(roots: readonly string[], name: string): Buffer {
  for (const root of roots) {
    try {
      return readFileSync(path.join(root, name))
    } catch {
      // Each import path is in one of the roots.
    }
  }
  throw new Error(`${name} is in none of ${roots.join(', ')}: run npm ci`)
}
