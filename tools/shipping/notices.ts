import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { labelOf, readManifest, type Manifest, type Package } from './packages.ts'

/** Files in which packages keep what must go with each copy of them. */
const LEGAL_FILE = /^(licen[cs]es?|notices?|copying|copyright\w*)(-\w+)?(\.(md|txt))?$/i

/**
 * The licence of each package and what it wants repeated, in one text. Throws where a package has none
 * and its package.json doesn't name one whose words are known.
 */
export async function thirdPartyNotices(
  root: string,
  packages: readonly Package[],
): Promise<string> {
  const sections = await Promise.all(packages.map((one) => section(root, one)))
  const head = `rauth has the following ${packages.length} packages in it, each under its own licence.\n`
  return [head, ...sections].join(`\n${'-'.repeat(80)}\n\n`)
}

async function section(root: string, one: Package): Promise<string> {
  const manifest = await readManifest(root, one.folder)
  const texts = await legalTexts(path.join(root, one.folder))
  const words = texts.length > 0 ? texts : [standardText(manifest)]
  return [`${labelOf(one)} (${manifest.license ?? 'see below'})\n`, ...words].join('\n')
}

async function legalTexts(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries
    .filter((entry) => entry.isFile() && LEGAL_FILE.test(entry.name))
    .map(({ name }) => name)
    .sort()
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(path.join(folder, name), 'utf8')
      return `${text.replace(/\r\n/g, '\n').trim()}\n`
    }),
  )
}

/** For packages that name the MIT licence and come without its text. */
function standardText({ name, version, license, author }: Manifest): string {
  if (license !== 'MIT') {
    throw new Error(
      `${name}@${version} has no licence file and is under ${license ?? 'no licence at all'}: ` +
        'ask its authors, or do without it',
    )
  }
  const by = typeof author === 'object' ? author.name : author?.replace(/ *[<(].*$/, '')
  return MIT.replace('HOLDER', by ?? `the authors of ${name}`)
}

const MIT = `The package has no licence file of its own; its package.json names the MIT licence:

Copyright (c) HOLDER

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
`
