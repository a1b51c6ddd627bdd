import { leakIn } from './canaries.ts'
import type { RawAnswer } from './connection.ts'
import { readCorpus, type CorpusLine } from './corpus.ts'
import type { Deployment } from './deployment.ts'
import { difference, uploadIn, wasOutage, wasRefused } from './judge.ts'
import { ask, idsOf, look, type Side } from './side.ts'

/** Any of them: the corpus has a repository of its own. */
const CLIENT = 0

/** Sends each line of the corpus and gives what was not as it says. */
export async function replay({ front, oracle }: Deployment): Promise<readonly string[]> {
  const wrong: string[] = []
  const before = (await look(front)).join()
  for (const line of readCorpus()) {
    const problem = await judge(line, front, oracle)
    if (problem !== undefined) wrong.push(`${line.place} (${line.expectation}): ${problem}`)
    // What was refused could change nothing.
    if (line.expectation === 'safe' && (await look(front)).join() !== before) {
      return [...wrong, `${line.place} changed what others have`]
    }
  }
  return (await look(front)).join() === before ? wrong : [...wrong, 'what others have was changed']
}

async function judge(
  { expectation, request }: CorpusLine,
  front: Side,
  oracle: Side,
): Promise<string | undefined> {
  const send = async (side: Side): Promise<RawAnswer> => {
    const answer = await ask(side, undefined, CLIENT, request)
    side.uploads[CLIENT] = uploadIn(answer) ?? side.uploads[CLIENT] ?? ''
    return answer
  }
  let got = await send(front)
  if (wasOutage(got)) got = await send(front)
  const leak = leakIn(got.bytes, idsOf(front))
  if (leak !== undefined) return `served ${leak}`
  if (expectation === 'denied' && !wasRefused(got)) return `reached the registry: ${got.status}`
  return expectation === 'same' ? difference(got, await send(oracle)) : undefined
}
