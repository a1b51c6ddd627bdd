import { nearest } from '../nearest.ts'
import {
  hostHint,
  parseImageReference,
  tagsNamed,
  type ImageReference,
} from '../registry/image-reference.ts'
import { parseScopes } from '../registry/scope.ts'
import { argumentName } from './asking/argument-name.ts'
import type { AskerOptions } from './asking/asker-options.ts'
import { judge, type Judged } from '../serve/asking/judge.ts'
import { cannotLogIn } from '../serve/asking/who.ts'
import { readAnswerable } from './asking/answerable.ts'
import { usage } from './asking/usage.ts'
import { whoIsNamed } from './asking/who-is-named.ts'
import { listRules } from './can-i/list.ts'
import { denials } from './explain/words.ts'
import { printJson, say, type Output } from './output.ts'

export interface CanIOptions extends AskerOptions {
  readonly type: string
  readonly list?: true
  readonly output: Output
}

/** `rauth can-i`: says yes or no; the exit code says it, too. */
export async function runCanI(
  actions: string | undefined,
  repository: string | undefined,
  options: CanIOptions,
): Promise<void> {
  const now = options.at ?? Date.now() / 1000
  if (options.list === true) {
    if (actions !== undefined) throw usage('--list takes no action: it lists them all')
    const offline = await readAnswerable(options)
    const asking = whoIsNamed(options, offline, now, 'any')
    say([...offline.missing, ...asking.notes, ...cannotLogIn(asking)])
    listRules(offline.policy, asking, options.output)
    return
  }
  if (actions === undefined || repository === undefined) {
    throw usage('say what: rauth can-i pull team-b/app --as team-a, or --list')
  }
  requireActions(actions, options.type)
  const image = imageOf(repository)
  const requested = parseScopes([`${options.type}:${image.name}:${actions}`])
  if (!requested.ok) throw usage(`no action or no name: ${requested.refusal.detail ?? ''}`)
  const offline = await readAnswerable(options)
  const asking = whoIsNamed(options, offline, now, tagsNamed(image, actions.split(',')))
  say([...offline.missing, ...asking.notes, ...cannotLogIn(asking)])
  const judged = await judge(offline.policy, asking, requested.value)
  answer(judged, options.output)
  if (judged.record.outcome !== 'allowed') say(hostHint(image))
}

const ACTIONS = ['pull', 'push', 'delete', '*']

/** A rule of `*` allows any word, and yes would be no answer to a slip. */
function requireActions(text: string, type: string): void {
  const odd = text.split(',').find((action) => !ACTIONS.includes(action))
  if (type !== 'repository' || odd === undefined) return
  const slip = nearest(odd, ACTIONS)
  throw usage(
    `"${odd}" is no action (${ACTIONS.join(', ')})` +
      (slip === undefined ? ': rauth can-i ACTIONS REPOSITORY' : `; did you mean ${slip}?`),
  )
}

function imageOf(text: string): ImageReference {
  const image = parseImageReference(text)
  if ('flaw' in image) throw usage(`${argumentName(text)}: ${image.flaw}`)
  return image
}

function answer({ record, explanation }: Judged, output: Output): void {
  const allowed = record.outcome === 'allowed'
  if (output === 'json') printJson(record)
  else process.stdout.write(allowed ? 'yes\n' : 'no\n')
  if (!allowed) say(explanation === undefined ? [] : denials(explanation))
  process.exitCode = allowed ? 0 : 1
}
