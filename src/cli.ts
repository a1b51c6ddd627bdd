#!/usr/bin/env node
import './commands/no-debugger.ts'

try {
  const { main } = await import('./commands/main.ts')
  await main()
} catch (error) {
  tellOfMissingParts(error)
}

/** What is shipped is this file and a folder, of which each command loads its own part: one may be missing, or cut short. */
function tellOfMissingParts(error: unknown): never {
  if (!isOfLoading(error)) throw error
  process.stderr.write(
    `${error.message}: rauth is rauth.js and the folder rauth beside it; ` +
      'next: copy both, whole and of one build\n',
  )
  process.exit(1)
}

/** Not what a program of ours threw: what says so is where it comes from. */
function isOfLoading(error: unknown): error is Error {
  if (!(error instanceof Error)) return false
  if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return true
  return error instanceof SyntaxError && / \(?node:internal\/(?:modules|vm)/.test(error.stack ?? '')
}
