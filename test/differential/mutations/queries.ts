import type { Random } from '../../support/random.ts'
import { DIGESTS, OTHERS } from '../canaries.ts'
import { atLetter, onQuery, percent, words, type Mutation } from './mutation.ts'

/** A pair whose reading differs: one of them, spelled in some way. */
function spelled(random: Random): string {
  const other = random.pick(OTHERS)
  const key = random.pick([
    ...Array.from({ length: 9 }, () => 'from'),
    'fr%6Fm',
    '%66rom',
    'From',
    'from%00',
    ' from',
    'from[]',
    'mount',
    '%6dount',
  ])
  const value = key.includes('ount')
    ? random.pick([DIGESTS.layer, DIGESTS.layer.replace(':', '%3A')])
    : random.pick([
        ...[other, other, other.replace('/', '%2F')],
        // What is allowed, beside what is not.
        ...Array.from({ length: 4 }, () => 'team-a/app'),
        `team-a/../${other}`,
        `team-a%2f..%2f${other}`,
        `${other}%00`,
        `${other};x`,
        '%zz',
        'team-a/app;x',
        `${other}+`,
        other.toUpperCase(),
        '',
      ])
  return `${key}=${value}`
}

export const QUERIES: readonly Mutation[] = [
  onQuery((pairs, random) => [...pairs, spelled(random)]),
  onQuery((pairs, random) => [spelled(random), ...pairs]),
  onQuery((pairs, random) =>
    pairs.flatMap((pair) => random.pick([[pair], [pair, pair], [pair, ''], ['', pair]])),
  ),
  onQuery((pairs, random) =>
    pairs.map((pair) => atLetter(pair, random, (letter) => percent(letter, false))),
  ),
  onQuery((pairs, random) => {
    const [first = 'mount=x', ...rest] = pairs
    return [`${first}${random.pick([';', '%26', '&&', '#', '?', '%00', '%0a'])}${rest.join('&')}`]
  }),
  onQuery((pairs) => [...pairs].reverse()),
  onQuery((pairs, random) => [
    ...pairs,
    random.pick(
      words(
        '_method=GET token={token} access_token={token} n=1000 last=%00 ns=team-b ' +
          'digest=sha256:00 _state={b-state} x',
      ),
    ),
  ]),
  (request, random) => ({
    ...request,
    target: `${request.target}${random.pick(['?', '??', '#x', '&', '?/v2/team-a/app/tags/list'])}`,
  }),
]
