import { createProgram } from './program.ts'
import { runProgram } from './run-program.ts'

/** Runs `rauth` by the arguments of this process. */
export function main(): Promise<void> {
  return runProgram(createProgram())
}
