import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { startChild, untilReady, type Child } from '../../../tools/stack/child.ts'
import { run, type RunResult } from '../run.ts'
import { workOf } from './page.ts'

export interface WalkOptions {
  /** Place in the repository. */
  readonly page: string
  /** Where the reader is, and what is written. */
  readonly home: string
  readonly env: Readonly<Record<string, string>>
  /** What stands on the page → what it is here, such as a port. */
  readonly replace: Readonly<Record<string, string>>
}

/** A page in the hands of a reader. */
export interface Walk {
  /** Does what stands below a heading: writes the files, and runs the commands in one shell. */
  section(heading: string): Promise<RunResult>
  /** Writes its files alone. */
  write(heading: string): Promise<void>
  /** What a section says, with what is other here. */
  text(heading: string): string
  shell(script: string): Promise<RunResult>
  /** Starts what goes on below a heading, one after the other. */
  start(heading: string, ready: () => Promise<boolean>): Promise<readonly Child[]>
  /** Headings with commands that were not walked; commands that can't be run here, as `place: first line`. */
  left(): { readonly headings: readonly string[]; readonly elsewhere: readonly string[] }
}

/** A line that is to fail says why in its comment. */
const FAILS = /^(?!\s|#)(.+?) # (denied|forbidden|refused)\b.*$/gm

export function walkPage({ page, home, env, replace }: WalkOptions): Walk {
  const { commands, files } = workOf(page)
  const walked = new Set<string>()
  let logs = 0
  // In one go: what stands there instead may hold what another one is for, such as the digits of a port.
  const literal = (text: string) => text.replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&')
  const replaced = new RegExp(Object.keys(replace).map(literal).join('|'), 'g')
  const shown = (text: string) => text.replaceAll(replaced, (from) => replace[from] ?? from)
  const shell = (script: string) => {
    const failing = script.replaceAll(
      FAILS,
      '{ $1; } && { echo "was to fail" >&2; exit 1; } || true',
    )
    const args = ['-euo', 'pipefail', '-c', `cd ${home}\n${failing}`]
    return run('bash', args, { env, timeout: 120_000 })
  }
  const runnable = commands.filter(({ place }) => place === 'here')
  const text = (heading: string) => {
    const below = runnable.filter((one) => one.heading === heading)
    if (below.length === 0) throw new Error(`${page}: no commands below "${heading}"`)
    return shown(below.map(({ script }) => script).join(''))
  }
  async function write(heading: string): Promise<void> {
    for (const { name, content } of files.filter((one) => one.heading === heading)) {
      await writeFile(path.join(home, name), shown(content))
    }
  }
  return {
    write,
    shell: (script) => shell(shown(script)),
    text,
    async section(heading) {
      walked.add(heading)
      await write(heading)
      const result = await shell(text(heading))
      if (result.code === 0) return result
      throw new Error(`${page}, "${heading}": exit ${String(result.code)}\n${result.output}`)
    },
    async start(heading, ready) {
      await write(heading)
      const services = commands.filter((one) => one.heading === heading && one.place === 'service')
      const started: Child[] = []
      for (const [index, { script }] of services.entries()) {
        const child = await startChild({
          ...{ name: `${heading} ${String(index)}`, program: 'bash', env },
          args: ['-c', `cd ${home} && exec ${shown(script)}`],
          logFile: path.join(home, `service-${String((logs += 1))}.log`),
        })
        started.push(child)
        if (index === services.length - 1) await untilReady(child, ready)
      }
      return started
    },
    left: () => ({
      headings: [...new Set(runnable.map(({ heading }) => heading))].filter(
        (heading) => !walked.has(heading),
      ),
      elsewhere: commands
        .filter(({ place }) => place !== 'here' && place !== 'service')
        .map(({ place, script }) => `${place}: ${script.split('\n')[0] ?? ''}`),
    }),
  }
}
