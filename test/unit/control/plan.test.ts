import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isOwned, MANAGED_BY, OWNER, ROTATE, ROTATED_AT } from '../../../src/control/marks.ts'
import type { Observed } from '../../../src/control/observed.ts'
import type { ControlSettings } from '../../../src/control/settings.ts'
import type { Obstacle } from '../../../src/control/step.ts'
import { formatInstant } from '../../../src/instant.ts'
import {
  ask,
  condition,
  DOCKER,
  edited,
  laterContext,
  made,
  settle,
  told,
} from '../../support/control/settling.ts'
import {
  EMPTY,
  foreign,
  letsIn,
  NOW,
  own,
  pullLogin,
  REGISTRY,
  valuesOf,
} from '../../support/control/world.ts'

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
      accounts: { default: { uid: 'a', version: '7', pullSecrets: ['theirs'] }, build: undefined },
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
      ['change credentials condition'],
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
      ['create pull missing', 'change credentials condition'],
    ],
  ]
  for (const [what, from, settings, reason, steps] of REFUSED) {
    it(`leaves alone ${what}`, () => {
      const found = settle(from, settings)
      assert.equal(found.obstacle?.reason, reason)
      assert.deepEqual(told(found.steps), steps)
      assert.doesNotMatch(found.obstacle.message, /canary/)
      const { credentials } = found.observed
      if (credentials === undefined || !isOwned(credentials) || credentials.deleting) return
      assert.equal(condition(found.observed)[0], `False ${reason}`)
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
