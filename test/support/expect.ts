import assert from 'node:assert/strict'
import type { RunResult } from './run.ts'

export function succeeded({ code, output }: RunResult): void {
  assert.equal(code, 0, output)
}

/** It must fail, and say why in words that its user can do something with. */
export function refused({ code, output }: RunResult, words: RegExp): void {
  assert.notEqual(code, 0, output)
  assert.match(output, words)
}
