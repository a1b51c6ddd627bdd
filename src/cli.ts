#!/usr/bin/env node
import './commands/no-debugger.ts'

try {
  const { main } = await import('./commands/main.ts')
  await main()
} catch (error) {
  tellOfMissingParts(error)
}

/** What is shipped is this file and a folder, of which each command loads its own parts. */
function tellOfMissingParts(error: unknown): never {
  if (!isOfParts(error)) throw error
  process.stderr.write(
    `${error.message}: rauth is rauth.js and the folder rauth beside it; ` +
      'next: copy both, of one build\n',
  )
  process.exit(1)
}

/** Whether a part is not there, or not whole: Node's loader itself finds that it is no JavaScript. */
function isOfParts(error: unknown): error is Error {
  if (!(error instanceof Error)) return false
  if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return true
  return error instanceof SyntaxError && /\(node:internal\/modules\//.test(error.stack ?? '')
}
