import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { applyStep } from '../../../src/control/apply.ts'
import { CONDITIONS, MANAGED_BY, OWNER, ROTATE, ROTATED_AT } from '../../../src/control/marks.ts'
import type { Observed } from '../../../src/control/observed.ts'
import { plan } from '../../../src/control/plan.ts'
import type { ControlSettings } from '../../../src/control/settings.ts'
import type { Obstacle, Step } from '../../../src/control/step.ts'
import { formatInstant } from '../../../src/instant.ts'
import {
  contextOf,
  EMPTY,
  foreign,
  letsIn,
  NOW,
  own,
  pullLogin,
  REGISTRY,
  valuesOf,
} from '../../support/control/world.ts'

const DOCKER = 'kubernetes.io/dockerconfigjson'

interface Outcome {
  readonly observed: Observed
  readonly steps: readonly Step[]
  readonly obstacle: Obstacle | undefined
  readonly wake: number | undefined
}

function settle(
  from: Observed,
  settings: Partial<ControlSettings> = {},
  now = NOW,
  context = contextOf(settings),
): Outcome {
  let observed = from
  const steps: Step[] = []
  for (let version = 100; version < 120; version += 1) {
    const { step, obstacle, wake } = plan(observed, context(now))
    if (step === undefined) return { observed, steps, obstacle, wake }
    steps.push(step)
    observed = applyStep(observed, step, String(version))
  }
  return assert.fail('does not come to rest')
}

const told = (steps: readonly Step[]) =>
  steps.map(
    (step) => `${step.kind} ${step.kind === 'link' ? step.account : step.target} ${step.why}`,
  )

const condition = (observed: Observed) =>
  (
    JSON.parse(observed.credentials?.annotations[CONDITIONS] ?? '[]') as {
      status: string
      reason: string
    }[]
  ).map(({ status, reason }) => `${status} ${reason}`)

const made = () => settle(EMPTY).observed

/** The parts of a Secret changed as somebody would. */
function edited(
  observed: Observed,
  which: 'credentials' | 'pull',
  data: Readonly<Record<string, string | undefined>>,
  parts: object = {},
): Observed {
  const before = observed[which] ?? assert.fail('there is none')
  const values = Object.entries({ ...valuesOf(before), ...data }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  const secret = foreign(before.type, { ...before, data: Object.fromEntries(values), ...parts })
  return { ...observed, [which]: secret }
}

describe('plan', () => {
  it('makes both Secrets, the credentials first', () => {
    const { observed, steps, obstacle } = settle(EMPTY)
    assert.deepEqual(told(steps), [
      'create credentials missing',
      'create pull missing',
      'change credentials condition',
    ])
    assert.equal(obstacle, undefined)
    const values = valuesOf(observed.credentials)
    assert.equal(values['username'], 'team-a')
    assert.deepEqual(pullLogin(observed), values)
    assert.ok(letsIn(observed, pullLogin(observed) ?? assert.fail(), NOW))
    assert.deepEqual(observed.pull?.type, DOCKER)
    assert.deepEqual(condition(observed), ['True InStep', 'False Settled'])
  })

  it('does nothing where all is as it should be', () => {
    const { observed } = settle(EMPTY)
    assert.deepEqual(settle(observed, {}, NOW + 1e6).steps, [])
  })

  it('makes another password where the credentials were deleted: whoever does that wants it gone', () => {
    const before = made()
    const { observed, steps } = settle(
      { ...before, credentials: undefined },
      {},
      NOW,
      laterContext(),
    )
    assert.deepEqual(told(steps).slice(0, 2), ['create credentials missing', 'change pull changed'])
    assert.deepEqual(pullLogin(observed), {
      username: 'team-a',
      password: valuesOf(observed.credentials)['password'],
    })
  })

  const REPAIRS: readonly (readonly [what: string, from: () => Observed, steps: string[]])[] = [
    [
      'a pull Secret that was deleted',
      () => ({ ...made(), pull: undefined }),
      ['create pull missing'],
    ],
    [
      'a pull Secret that was changed',
      () => edited(made(), 'pull', { '.dockerconfigjson': '{"auths":{}}' }),
      ['change pull changed'],
    ],
    [
      'a pull Secret that is no JSON',
      () => edited(made(), 'pull', { '.dockerconfigjson': '{' }),
      ['change pull changed'],
    ],
    [
      'a password that was changed: it counts',
      () => edited(made(), 'credentials', { password: 'canary-of-somebody' }),
      ['change pull changed'],
    ],
    [
      'a user name that is gone',
      () => edited(made(), 'credentials', { username: undefined }),
      ['change credentials unusable'],
    ],
    [
      'a password that is gone',
      () => edited(made(), 'credentials', { password: undefined }),
      ['change credentials unusable', 'change pull changed'],
    ],
    [
      'a hash in place of the password',
      () =>
        edited(made(), 'credentials', {
          password: undefined,
          passwordHash: '$2b$10$abcdefghijklmnopqrstuuNYtdYXQGJbhWbE3W0w5c3m2bQe3nQzK',
        }),
      ['change credentials unusable', 'change pull changed'],
    ],
    [
      'an end of nothing',
      () =>
        edited(made(), 'credentials', { previousPassword: 'x', previousPasswordNotAfter: 'soon' }),
      ['change credentials unusable'],
    ],
    [
      'a label that was stripped',
      () => edited(made(), 'credentials', {}, { labels: {} }),
      ['change credentials unmarked'],
    ],
    [
      'annotations that were stripped',
      () => edited(made(), 'pull', {}, { annotations: {} }),
      ['change pull changed'],
    ],
    [
      'a stamp of a clock that was ahead',
      () =>
        edited(
          made(),
          'credentials',
          {},
          {
            annotations: {
              ...made().credentials?.annotations,
              [ROTATED_AT]: formatInstant(NOW + 1e7),
            },
          },
        ),
      ['change credentials unmarked'],
    ],
  ]
  for (const [what, from, steps] of REPAIRS) {
    it(`repairs ${what}`, () => {
      const found = settle(from(), {}, NOW, laterContext())
      assert.deepEqual(told(found.steps), steps)
      assert.deepEqual(pullLogin(found.observed), {
        username: valuesOf(found.observed.credentials)['username'],
        password: valuesOf(found.observed.credentials)['password'],
      })
      assert.ok(letsIn(found.observed, pullLogin(found.observed) ?? assert.fail(), NOW))
      assert.equal(found.observed.credentials?.labels[MANAGED_BY], 'rauth')
      assert.equal(found.observed.pull?.annotations[OWNER], 'controller')
    })
  }

  it('rotates by age: both passwords, the pull Secret, the overlap, its end', () => {
    const settings = { rotateAfter: 86_400 }
    const first = settle(EMPTY, settings)
    assert.ok((first.wake ?? 0) > NOW + 0.9 * 86_400 - 1 && (first.wake ?? 0) <= NOW + 86_400)
    const old = pullLogin(first.observed) ?? assert.fail()
    const due = NOW + 86_400
    const rotated = settle(first.observed, settings, due, laterContext(settings))
    assert.deepEqual(told(rotated.steps), [
      'change credentials aged',
      'change pull changed',
      'change credentials overlap_begins',
    ])
    const login = pullLogin(rotated.observed) ?? assert.fail()
    assert.notEqual(login.password, old.password)
    assert.ok(letsIn(rotated.observed, login, due) && letsIn(rotated.observed, old, due + 599))
    assert.ok(!letsIn(rotated.observed, old, due + 600))
    assert.deepEqual(condition(rotated.observed), ['True InStep', 'True Overlap'])
    assert.equal(rotated.wake, due + 600 + 10)
    const ended = settle(rotated.observed, settings, due + 611, laterContext(settings))
    assert.deepEqual(told(ended.steps), ['change credentials overlap_ended'])
    assert.deepEqual(Object.keys(valuesOf(ended.observed.credentials)), ['username', 'password'])
    assert.deepEqual(condition(ended.observed), ['True InStep', 'False Settled'])
  })

  it('the overlap begins when the pull Secret has the next password, however late that is', () => {
    const settings = { rotateAfter: 86_400 }
    const first = settle(EMPTY, settings).observed
    const old = pullLogin(first) ?? assert.fail()
    const { step } = plan(first, laterContext(settings)(NOW + 86_400))
    // Whoever did this died, and a year goes by.
    const half = applyStep(first, step ?? assert.fail(), '50')
    const late = NOW + 366 * 86_400
    assert.ok(letsIn(half, old, late))
    const { steps, observed } = settle(half, {}, late, laterContext())
    assert.deepEqual(told(steps), ['change pull changed', 'change credentials overlap_begins'])
    assert.ok(letsIn(observed, old, late + 599))
  })

  it('gives pods the next password only when every rauth had time to read it', () => {
    const settings = { publishAhead: 30 }
    const context = laterContext(settings)
    const first = settle(ask(made(), 'true'), settings, NOW, context)
    assert.deepEqual(told(first.steps), [
      'change credentials asked',
      'change credentials condition',
    ])
    assert.equal(first.wake, NOW + 30)
    assert.deepEqual(condition(first.observed), ['True InStep', 'True Overlap'])
    const old = pullLogin(first.observed) ?? assert.fail()
    assert.ok(letsIn(first.observed, old, NOW + 1e6))
    const second = settle(first.observed, settings, NOW + 30, context)
    assert.deepEqual(told(second.steps), [
      'change pull changed',
      'change credentials overlap_begins',
    ])
    assert.notDeepEqual(pullLogin(second.observed), old)
    // Whatever does not work is worth no waiting.
    const spoiled = edited(first.observed, 'pull', { '.dockerconfigjson': '{"auths":{}}' })
    assert.equal(told(settle(spoiled, settings, NOW + 1, context).steps)[0], 'change pull changed')
  })

  const ask = (observed: Observed, how: string) =>
    edited(
      observed,
      'credentials',
      {},
      {
        annotations: { ...observed.credentials?.annotations, [ROTATE]: how },
      },
    )

  it('rotates when asked, once', () => {
    const { observed, steps } = settle(ask(made(), 'true'), {}, NOW, laterContext())
    assert.deepEqual(told(steps), [
      'change credentials asked',
      'change pull changed',
      'change credentials overlap_begins',
    ])
    assert.equal(observed.credentials?.annotations[ROTATE], undefined)
    // A second one would end the password that the first one lets go on.
    const again = settle(ask(observed, 'true'), {}, NOW + 1, laterContext())
    assert.deepEqual(again.steps, [])
    assert.equal(again.wake, NOW + 600 + 10)
    assert.equal(
      told(settle(again.observed, {}, NOW + 611, laterContext()).steps)[1],
      'change credentials asked',
    )
  })

  it('lets no old password go on when asked for that, in an overlap neither', () => {
    const context = laterContext()
    const during = settle(ask(made(), 'true'), {}, NOW, context).observed
    const { observed, steps } = settle(ask(during, 'now'), {}, NOW, context)
    assert.deepEqual(told(steps).slice(0, 2), [
      'change credentials asked_now',
      'change pull changed',
    ])
    assert.deepEqual(Object.keys(valuesOf(observed.credentials)), ['username', 'password'])
    assert.deepEqual(pullLogin(observed), valuesOf(observed.credentials))
  })

  it('leaves alone what others put into the credentials', () => {
    const entries = '[{"username":"ci","password":"canary-of-ci","actions":["pull"]}]'
    const found = edited(made(), 'credentials', { entries, note: 'x' })
    const { observed } = settle(ask(found, 'true'), {}, NOW, laterContext())
    assert.equal(valuesOf(observed.credentials)['entries'], entries)
    assert.equal(valuesOf(observed.credentials)['note'], 'x')
  })

  it('keeps logins for other registries in the pull Secret, and takes its own away', () => {
    const config = JSON.parse(valuesOf(made().pull)['.dockerconfigjson'] ?? '') as {
      auths: Record<string, unknown>
    }
    config.auths['docker.io'] = { auth: 'eDp5' }
    const found = edited(made(), 'pull', { '.dockerconfigjson': JSON.stringify(config) })
    assert.deepEqual(settle(found).steps, [])
    const { observed } = settle(found, { registries: ['other.example'] })
    const { auths } = JSON.parse(
      valuesOf(observed.pull)['.dockerconfigjson'] ?? '',
    ) as typeof config
    assert.deepEqual(Object.keys(auths), ['docker.io', 'other.example'])
  })

  it('puts the pull Secret into the lists of accounts, behind what is there', () => {
    const settings = { serviceAccounts: ['default', 'build'] }
    const from: Observed = {
      ...EMPTY,
      accounts: { default: { version: '7', pullSecrets: ['theirs'] }, build: undefined },
    }
    const { observed, steps, obstacle } = settle(from, settings)
    assert.deepEqual(told(steps), [
      'create credentials missing',
      'create pull missing',
      'link default missing',
      'change credentials condition',
    ])
    assert.deepEqual(observed.accounts['default']?.pullSecrets, ['theirs', 'registry-pull-secret'])
    assert.equal(obstacle?.reason, 'ServiceAccountMissing')
    assert.equal(condition(observed)[0], 'False ServiceAccountMissing')
  })

  const login = { username: 'someone', password: 'canary-of-a-person' }
  const config = JSON.stringify({ auths: { [REGISTRY]: login } })
  const theirs: Observed = {
    ...EMPTY,
    credentials: foreign('Opaque', { data: login }),
    pull: foreign(DOCKER, { data: { '.dockerconfigjson': config } }),
  }

  const REFUSED: readonly (readonly [
    what: string,
    from: Observed,
    settings: Partial<ControlSettings>,
    reason: Obstacle['reason'],
    steps: readonly string[],
  ])[] = [
    ['credentials of somebody', theirs, {}, 'CredentialsNotOwned', []],
    [
      'credentials that another program manages',
      {
        ...theirs,
        credentials: foreign('Opaque', { data: login, labels: { [MANAGED_BY]: 'Helm' } }),
      },
      { adopt: true },
      'CredentialsNotOwned',
      [],
    ],
    [
      'credentials that bear its own annotation and that another program manages',
      { ...EMPTY, credentials: own('Opaque', { data: login, labels: { [MANAGED_BY]: 'Helm' } }) },
      {},
      'CredentialsNotOwned',
      [],
    ],
    [
      'a hash, though told to adopt it',
      {
        ...EMPTY,
        credentials: foreign('Opaque', {
          data: {
            username: 'x',
            passwordHash: '$2b$10$abcdefghijklmnopqrstuuNYtdYXQGJbhWbE3W0w5c3m2bQe3nQzK',
          },
        }),
      },
      { adopt: true },
      'CredentialsUnusable',
      [],
    ],
    [
      'a list of logins with a mistake, which is not its own',
      { ...EMPTY, credentials: own('Opaque', { data: { ...login, entries: '[' } }) },
      {},
      'CredentialsUnusable',
      [],
    ],
    [
      'a Secret that is being deleted',
      { ...EMPTY, credentials: own('Opaque', { data: login, deleting: true }) },
      {},
      'Deleting',
      [],
    ],
    [
      'a pull Secret of somebody',
      { ...EMPTY, pull: theirs.pull },
      {},
      'PullSecretNotOwned',
      ['create credentials missing', 'change credentials condition'],
    ],
    [
      'a pull Secret of another type',
      { ...EMPTY, pull: own('Opaque') },
      {},
      'PullSecretType',
      ['create credentials missing', 'change credentials condition'],
    ],
    [
      'a pull Secret that can’t be changed',
      { ...EMPTY, pull: own(DOCKER, { immutable: true }) },
      {},
      'PullSecretImmutable',
      ['create credentials missing', 'change credentials condition'],
    ],
    [
      'credentials that can’t be changed',
      {
        ...EMPTY,
        credentials: own('Opaque', {
          ...{ data: login, immutable: true },
          annotations: { [ROTATE]: 'now', [ROTATED_AT]: formatInstant(NOW) },
        }),
      },
      {},
      'CredentialsImmutable',
      [],
    ],
  ]
  for (const [what, from, settings, reason, steps] of REFUSED) {
    it(`leaves alone ${what}`, () => {
      const found = settle(from, settings)
      assert.equal(found.obstacle?.reason, reason)
      assert.deepEqual(told(found.steps), steps)
      assert.doesNotMatch(found.obstacle.message, /canary/)
    })
  }

  for (const [what, from, settings] of [
    ['all', theirs, { adopt: true }],
    [
      'what is annotated',
      edited(
        edited(theirs, 'credentials', {}, { annotations: { 'rauth.dev/adopt': 'true' } }),
        'pull',
        {},
        {
          annotations: { 'rauth.dev/adopt': 'true' },
        },
      ),
      {},
    ],
  ] as const) {
    it(`adopts ${what}, and the password stays`, () => {
      const { observed, steps } = settle(from, settings)
      assert.deepEqual(told(steps), [
        'change credentials adopted',
        'change pull adopted',
        'change credentials condition',
      ])
      assert.deepEqual(pullLogin(observed), login)
      assert.ok(letsIn(observed, login, NOW + 1e9))
    })
  }
})

describe('plan, of a namespace that is none of those any more', () => {
  const unmanaged = (): Observed => ({ ...made(), managed: false })

  it('keeps what there is', () => {
    assert.deepEqual(settle(unmanaged()).steps, [])
  })

  it('takes it away after an overlap, if told so, and nothing of others', () => {
    const settings = { whenUnmanaged: 'delete' } as const
    const accounts = { default: { version: '1', pullSecrets: ['a', 'registry-pull-secret'] } }
    const first = settle({ ...unmanaged(), accounts }, settings)
    assert.deepEqual(told(first.steps), ['change pull unmanaged', 'change credentials unmanaged'])
    assert.equal(first.wake, NOW + 600)
    const { steps, observed } = settle(first.observed, settings, NOW + 601)
    assert.deepEqual(told(steps), [
      'link default unmanaged',
      'delete pull unmanaged',
      'delete credentials unmanaged',
    ])
    assert.deepEqual(observed.accounts['default']?.pullSecrets, ['a'])
    const theirs = {
      ...EMPTY,
      managed: false,
      credentials: foreign('Opaque'),
      pull: foreign(DOCKER),
    }
    assert.deepEqual(settle(theirs, settings, NOW + 601).steps, [])
  })

  it('goes on where it is one again', () => {
    const settings = { whenUnmanaged: 'delete' } as const
    const marked = settle(unmanaged(), settings).observed
    const { observed, steps } = settle({ ...marked, managed: true }, settings, NOW + 601)
    assert.deepEqual(told(steps), ['change credentials unmarked', 'change pull unmarked'])
    assert.deepEqual(settle({ ...observed, managed: false }, settings, NOW + 700).steps.length, 2)
  })
})

/** Of passwords that are none of those that were made before. */
function laterContext(settings: Partial<ControlSettings> = {}) {
  const context = contextOf(settings)
  for (let i = 0; i < 500; i += 1) context(NOW).newPassword()
  return context
}
