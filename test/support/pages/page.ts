import { pageAt, type Block } from '../pages.ts'

/**
 * Where a block of commands can be run: `here`, in a test; `laptop`, on a machine that builds images and reaches the
 * registries of others; `node`, in a cluster that has nodes, or on one of them. `service`: here, and it goes on. A page
 * says all but the first behind `sh`.
 */
const PLACES = ['here', 'laptop', 'node', 'service'] as const
export type Place = (typeof PLACES)[number]

export interface Commands {
  readonly heading: string
  readonly place: Place
  readonly script: string
}

/** What a page has the reader write: a block whose first line is a comment that begins with a file's name. */
export interface WrittenFile {
  readonly heading: string
  readonly name: string
  readonly content: string
}

/** What a page of the repository has the reader do. Throws where a block says a place that there is none of. */
export interface PageWork {
  readonly commands: readonly Commands[]
  readonly files: readonly WrittenFile[]
}

const FILE_NAME = /^# ([\w.-]+\.ya?ml)\b/

export function workOf(page: string): PageWork {
  const { blocks } = pageAt(page)
  return {
    commands: blocks
      .filter(({ language }) => language === 'sh')
      .map((block) => ({
        heading: block.heading,
        place: placeOf(block),
        script: `${block.text}\n`,
      })),
    files: blocks.flatMap(({ heading, text }) => {
      const [, name] = FILE_NAME.exec(text) ?? []
      return name === undefined ? [] : [{ heading, name, content: `${text}\n` }]
    }),
  }
}

function placeOf({ remark, place }: Block): Place {
  if (remark === '') return 'here'
  const known = PLACES.find((one) => one === remark)
  if (known !== undefined) return known
  throw new Error(`${place}: commands can't be run at "${remark}"`)
}
