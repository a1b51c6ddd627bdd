import type { TestEvent } from 'node:test/reporters'
import { sourceOf } from './test-files.ts'

/** What is known of the test files of a run while they run, from the events of Node's own runner. */
export interface FileWatch {
  see(event: TestEvent): void
  /**
   * What a file is at, in lines: the tests in it that began and did not end so far, with those of files that are only in
   * a batch. None for what is no file.
   */
  isAt(name: string): readonly string[]
  /**
   * Files that were cut off at their limit before a word came from them: neither a test nor a timer ran. A process of
   * Node 20 may stop like this while it starts; seen once in some 10,000.
   */
  silent(): readonly string[]
  /** Whether something failed, silent files apart. */
  hasFailed(): boolean
}

export function watchFiles(modules: readonly string[]): FileWatch {
  /** By the name of the module, and by that of its source: Node tells of a test by that. */
  const moduleOf = new Map(
    modules.flatMap((module) => [
      [module, module],
      [sourceOf(module), module],
    ]),
  )
  const unheard = new Set(modules)
  const silent = new Set<string>()
  /** By the words for each test that runs the module that it is of, if that is known. */
  const running = new Map<string, string | undefined>()
  let hasFailed = false

  function seeTest(type: TestEvent['type'], { name, file, line }: TestPlace): void {
    const module = file === undefined ? undefined : moduleOf.get(file)
    if (module !== undefined) unheard.delete(module)
    const shown = `${name} (${String(file)}:${String(line)})`
    if (type === 'test:dequeue') running.set(shown, module)
    if (type === 'test:complete') running.delete(shown)
  }

  function isAt(name: string): readonly string[] {
    if (!moduleOf.has(name)) return []
    if (unheard.has(name)) return ['none of its tests had begun']
    const tests = [...running].filter(([, of]) => of === undefined || of === moduleOf.get(name))
    if (tests.length === 0) return ['each of its tests that had begun was over']
    return ['begun, and not ended then:', ...tests.map(([shown]) => `  ${shown}`)]
  }

  return {
    isAt,
    see(event) {
      if (event.type === 'test:stdout' || event.type === 'test:stderr') {
        unheard.delete(event.data.file)
      } else if (isOfTest(event) && !moduleOf.has(event.data.name)) {
        seeTest(event.type, event.data)
      }
      if (event.type !== 'test:fail') return
      const { name, details } = event.data
      if (unheard.has(name) && isCutOff(details.error)) silent.add(name)
      else hasFailed = true
    },
    silent: () => [...silent],
    hasFailed: () => hasFailed,
  }
}

type OfTest = Extract<
  TestEvent,
  {
    type:
      'test:enqueue' | 'test:dequeue' | 'test:start' | 'test:pass' | 'test:fail' | 'test:complete'
  }
>

function isOfTest(event: TestEvent): event is OfTest {
  return event.data !== undefined && 'name' in event.data
}

interface TestPlace {
  readonly name: string
  readonly file?: string | undefined
  readonly line?: number | undefined
}

/** Whether that is how a test ends at its limit of time, or a file with the run that it is of. */
export function isCutOff(error: Error): boolean {
  const type = 'failureType' in error ? error.failureType : undefined
  return type === 'testTimeoutFailure' || type === 'testAborted'
}
