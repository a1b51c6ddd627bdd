#!/usr/bin/env node
import './commands/no-debugger.ts'

const { main } = await import('./commands/main.ts').catch(tellOfMissingParts)
await main()

/** What is shipped is this file and a folder, and nothing of the folder is loaded yet. */
function tellOfMissingParts(error: unknown): never {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
  process.stderr.write(
    `${(error as Error).message}: rauth is rauth.js and the folder rauth beside it; ` +
      'next: copy both, of one build\n',
  )
  process.exit(1)
}
