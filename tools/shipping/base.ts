import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Component } from './sbom.ts'

/** Where images without a package manager have what Debian says of their packages, a file each. */
const DEBIAN_STATUS = 'var/lib/dpkg/status.d'

/**
 * What an image that rauth is put on has: Node, and Debian packages where they are recorded as
 * distroless images do.
 *
 * @param folder - The image's file system.
 * @param node - Where Node is in it.
 */
export async function baseComponents(folder: string, node: string): Promise<readonly Component[]> {
  return [
    nodeComponent(await nodeVersion(path.join(folder, node))),
    ...(await debianComponents(folder)),
  ]
}

/**
 * Read out of the program, which may be one for another machine: it knows where its headers are.
 * Throws when that isn't in it.
 */
async function nodeVersion(program: string): Promise<string> {
  const bytes = await readFile(program)
  const mark = Buffer.from('nodejs.org/download/release/v')
  const at = bytes.indexOf(mark)
  const start = at + mark.length
  const version = /^\d+\.\d+\.\d+/.exec(bytes.toString('latin1', start, start + 20))?.[0]
  if (at < 0 || version === undefined) {
    throw new Error(`${program} is no Node as its project builds it: its version is not in it`)
  }
  return version
}

function nodeComponent(version: string): Component {
  return {
    'bom-ref': `node@${version}`,
    type: 'platform',
    name: 'node',
    version,
    purl: `pkg:generic/node@${version}`,
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    licenses: [{ license: { id: 'MIT' } }],
  }
}

async function debianComponents(folder: string): Promise<readonly Component[]> {
  const status = path.join(folder, DEBIAN_STATUS)
  const names = await readdir(status).catch(() => [])
  const stanzas = await Promise.all(
    names
      .filter((name) => !name.endsWith('.md5sums'))
      .sort()
      .map((name) => readFile(path.join(status, name), 'utf8')),
  )
  return stanzas.map((stanza) => {
    const field = (name: string) => new RegExp(`^${name}: *(.+)$`, 'm').exec(stanza)?.[1] ?? ''
    const [name, version, machine] = [field('Package'), field('Version'), field('Architecture')]
    const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${machine}`
    return { 'bom-ref': purl, type: 'library', name, version, purl }
  })
}
