import { chmod, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { PROGRAM, withoutSettings } from './cli-folder.ts'
import { run } from './run.ts'

/** A block of a page: commands and what they print, as somebody would see it. */
export interface Transcript {
  /** Where it begins, for whoever looks for it. */
  readonly line: number
  readonly text: string
  /** The same, made anew. */
  readonly made: string
}

export interface TranscriptOptions {
  /** Where the commands run. */
  readonly directory: string
  /** What blocks of this kind begin with, such as `console`. */
  readonly kind: string
  /** What the page calls something, and what it is here; both ways. */
  readonly names?: ReadonlyMap<string, string>
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** Files that a page shows: each a block that begins with a comment of their name. */
export function filesIn(page: string): ReadonlyMap<string, string> {
  const blocks = page.matchAll(/^```\w+\n# (\S+\.(?:yaml|json))[^\n]*\n([^]+?)^```$/gm)
  return new Map([...blocks].map((block) => [block[1] ?? '', fileOf(block)]))
}

/** With the comment, so that the lines are those that the page shows. */
function fileOf([whole]: RegExpExecArray): string {
  return whole.split('\n').slice(1, -1).join('\n') + '\n'
}

/**
 * Runs every command of the blocks of one kind, in order, and says what they print now. `rauth` is the
 * program of this build; `[exit 1]` stands under what ends with another code than 0.
 */
export async function makeTranscripts(
  page: string,
  options: TranscriptOptions,
): Promise<readonly Transcript[]> {
  const bin = path.join(options.directory, '.bin')
  await mkdir(bin, { recursive: true })
  const shim = path.join(bin, 'rauth')
  await writeFile(shim, `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`)
  await chmod(shim, 0o755)
  const made: Transcript[] = []
  for (const block of page.matchAll(/^```([^\n]+)\n([^]+?)^```$/gm)) {
    const [, kind, text = ''] = block
    if (kind !== options.kind) continue
    const parts: string[] = []
    for (const command of commandsIn(text)) parts.push(await transcriptOf(command, bin, options))
    const line = page.slice(0, block.index).split('\n').length
    made.push({ line, text, made: parts.join('') })
  }
  return made
}

/** Commands go on where a line ends with a backslash. */
function commandsIn(text: string): readonly string[] {
  return [...text.matchAll(/^\$ ((?:.*\\\n)*.*)$/gm)].map(([, command = '']) => command)
}

async function transcriptOf(
  command: string,
  bin: string,
  { directory, names = new Map(), env = {} }: TranscriptOptions,
): Promise<string> {
  const here = [...names].reduce((text, [there, name]) => text.replaceAll(there, name), command)
  // Both outputs into one pipe, so that they stay in order.
  const { stdout, code } = await run('bash', ['-c', `exec 2>&1\n${here}`], {
    cwd: directory,
    env: {
      ...withoutSettings(),
      ...env,
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      NO_COLOR: '1',
    },
  })
  const shown = [...names].reduce((text, [there, name]) => text.replaceAll(name, there), stdout)
  const end = code === 0 ? '' : `[exit ${String(code)}]\n`
  return `$ ${command}\n${settled(shown.replaceAll(directory, '/srv/rauth'))}${end}`
}

/** What is another each time, as if it were always the same. */
const CHANGING: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/g, '3e0b7a55-3f4c-4a0a-9d6e-5b1f0a3c2d11'],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, 'eyJhbGciOiJFUzI1NiIsInR5cCI6…'],
  [/\$2b\$(\d\d)\$[./A-Za-z0-9]{53}/g, '$2b$$$1$$Vv7vR0HnG…'],
  [/(^|[ "])[\w-]{43}(?=[" \n])/g, '$1RkFrQ2pZ…'],
  [/(password: )[\w-]{32}\n/g, '$1zhsTjPwE…\n'],
  [/("password":")[\w-]{32}(","auth":")[^"]+/g, '$1zhsTjPwE…$2dGVhbS1h…'],
  [/\(in \d+ s\)/g, '(in 300 s)'],
  [/\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '2026-11-25T12:00:00Z'],
]

function settled(text: string): string {
  return CHANGING.reduce((before, [changing, always]) => before.replace(changing, always), text)
}

/** The page with its transcripts as they are made now. */
export function withTranscripts(page: string, transcripts: readonly Transcript[]): string {
  return transcripts.reduce((text, one) => text.replace(one.text, () => one.made), page)
}
