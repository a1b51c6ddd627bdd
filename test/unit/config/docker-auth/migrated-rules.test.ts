import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { dockerAuthOf } from '../../../../src/config/docker-auth/document.ts'
import { migrate } from '../../../../src/config/docker-auth/migrate/migrate.ts'
import { dockerAuthPolicyOf } from '../../../../src/config/docker-auth/policy.ts'
import { policyOf } from '../../../../src/config/policy-file.ts'
import { grant } from '../../../../src/policy/grant.ts'
import type { Policy } from '../../../../src/policy/policy.ts'
import { formatScope } from '../../../../src/registry/scope.ts'
import {
  entryOf,
  labelsOf,
  ACCOUNTS,
  NAMES,
  type Entry,
  type Labels,
} from '../../../docker-auth/world.ts'
import { Random } from '../../../support/random.ts'

/** What is said of an entry and changes nothing in what it decides. */
const REMARKS = [
  / is \* to docker_auth, and is written so/,
  / is text to docker_auth, since nothing/,
]

interface Asked {
  readonly account: string
  readonly labels: Labels
  readonly type: string
  readonly name: string
  readonly service: string
  readonly address: string
}

/** One entry in both dialects; `undefined`: no rule can say it. */
function inBoth(entry: Entry) {
  const text = `server: { addr: ":1", certificate: c, key: k }
token: { issuer: a, expiration: 900 }
users: { "": {} }
acl: [${JSON.stringify(entry)}]\n`
  try {
    const { policy, differences } = migrate(dockerAuthOf(text, 'a.yml'), {
      ...{ fileName: 'a.yml', folder: '/' },
    })
    return {
      before: dockerAuthPolicyOf(text, 'a.yml'),
      after: policyOf(policy, 'policy.yaml'),
      told: differences.filter((one) => !REMARKS.some((remark) => remark.test(one))),
    }
  } catch (thrown) {
    assert.match(String(thrown), /no rule can say this: /)
    return undefined
  }
}

function allowed(policy: Policy, { account, labels, type, name, service, address }: Asked): string {
  const holders = account === '' ? [] : [{ labels }]
  const requested = [{ type, name, actions: ['delete', 'pull', 'push'] }]
  const granted = grant(policy, { account, holders, service, address }, requested)
  return `${granted.rules.length} ${formatScope(granted.access)}`
}

/** How many entries were the same, and how often one of them was about what was asked. */
function compare(entries: readonly Entry[], ask: (random: Random) => Asked, seed: number) {
  const random = new Random(seed)
  let same = 0
  let matched = 0
  let told = 0
  for (const entry of entries) {
    const both = inBoth(entry)
    if (both === undefined) continue
    const requests = Array.from({ length: 25 }, () => ask(random))
    const different = requests.filter(
      (asked) => allowed(both.before, asked) !== allowed(both.after, asked),
    )
    if (both.told.length === 0) {
      assert.deepEqual(different, [], JSON.stringify(entry))
      same += 1
      matched += requests.filter((asked) => allowed(both.before, asked).startsWith('1')).length
    } else if (different.length > 0) told += 1
  }
  return { same, matched, told }
}

describe('migrated entries', () => {
  const asked = (random: Random): Asked => ({
    account: random.pick([...ACCOUNTS, '']),
    labels: labelsOf(random),
    type: random.pick(['repository', 'repository', 'registry']),
    name: random.pick([...NAMES, 'catalog']),
    service: random.pick(['reg.example', 'Docker registry', 'another']),
    address: random.pick(['127.0.0.1', '127.0.0.2', '192.0.2.7', '10.9.9.9', '2001:db8::7']),
  })

  it('decide as they did before, but for those of which something is told', () => {
    const random = new Random(1)
    const entries = Array.from({ length: 600 }, () => entryOf(random))
    const { same, matched, told } = compare(entries, asked, 2)
    assert.ok(same > 200 && matched > 400 && told > 8, JSON.stringify({ same, matched, told }))
  })

  it('do so whatever stands in them', () => {
    const vectors = path.resolve(
      import.meta.dirname,
      '../../../../../test/vectors/docker-auth/acl.json',
    )
    const cases = JSON.parse(readFileSync(vectors, 'utf8')) as Pick<Entry, 'match'>[]
    const { same, matched } = compare(
      cases.map(({ match }) => ({ match, actions: ['*'] })),
      asked,
      3,
    )
    assert.ok(same > 200 && matched > 500, JSON.stringify({ same, matched }))
  })
})
