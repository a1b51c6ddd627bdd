import { InvalidArgumentError, Option } from 'commander'
import { ALGORITHM_NAMES, algorithmFacts } from '../../token/algorithms.ts'

export const algorithmOption = () =>
  new Option('-a, --algorithm <algorithm>', 'of a new signing key').choices(ALGORITHM_NAMES)

export const daysOption = () =>
  new Option('--days <days>', 'lifetime of its certificate').argParser(parseDays)

function parseDays(text: string): number {
  const days = Number(text)
  if (Number.isInteger(days) && days >= 1 && days <= 3650) return days
  throw new InvalidArgumentError('a whole number of days from 1 to 3650')
}

const NOT_FOR_REGISTRY_2 = ALGORITHM_NAMES.filter((name) => !algorithmFacts(name).registry2)
export const ALGORITHM_HELP =
  `Registry 2.8 does not verify ${NOT_FOR_REGISTRY_2.join(', ')}, and does not start with a CA of it.\n` +
  'Registry 3 verifies all.'
