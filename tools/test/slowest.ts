/** How long a test file took, from the start of its process to its end. */
export interface FileTime {
  /** Path in the repository. */
  readonly file: string
  readonly milliseconds: number
}

const SHOWN = 10

/** What the next person who finds the tests slow asks first. */
export function slowest(times: readonly FileTime[]): readonly string[] {
  if (times.length < SHOWN) return []
  const first = [...times].sort((a, b) => b.milliseconds - a.milliseconds).slice(0, SHOWN)
  return [
    'what took longest:',
    ...first.map(({ file, milliseconds }) => `${inSeconds(milliseconds).padStart(9)}  ${file}`),
  ]
}

function inSeconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}
