import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPolicy } from '../../../src/policy/policy.ts'
import { lint } from '../../../src/policy/lint.ts'
import { ruleFlaws } from '../../../src/policy/rule-flaws.ts'
import { askerOf } from '../../support/askers.ts'
import { allowed, ruleOf } from '../../support/rules.ts'

const flawsOf = (name: string, actions = ['*']) =>
  ruleFlaws(createPolicy([ruleOf({ namespace: '*', name }, actions)]))
const kindsOf = (name: string) => flawsOf(name).map(({ kind }) => kind)

describe('a name that reaches beyond who asks', () => {
  /** And what of another namespace it gives team-a. */
  const WIDE: readonly (readonly [name: string, reached: string])[] = [
    ['${namespace}**', 'team-a-prod/app'],
    ['${namespace}*', 'team-a-prod'],
    ['${namespace}*/**', 'team-a-prod/app'],
    ['${namespace}-*/**', 'team-a-prod/app'],
    ['${namespace}?/**', 'team-ab/app'],
    ['apps/${namespace}*', 'apps/team-a-prod'],
    ['*${namespace}/**', 'prod-team-a/app'],
    ['*-${namespace}/**', 'prod-team-a/app'],
    ['**${namespace}', 'prod/team-a'],
    ['/^${namespace}.*$/', 'team-a-prod/app'],
    ['/^${namespace}[^/]*\\/app$/', 'team-a-prod/app'],
    ['/^.*${namespace}\\/app$/', 'prod-team-a/app'],
    ['/^.{2,9}?${namespace}\\/app$/', 'prod-team-a/app'],
  ]
  for (const [name, reached] of WIDE) {
    it(`${name}, such as ${reached}`, () => {
      const rule = ruleOf({ namespace: '*', name }, ['*'])
      const asker = askerOf([{ namespace: 'team-a' }])
      assert.equal(allowed([rule], asker, reached), 'pull,push')
      assert.deepEqual(kindsOf(name), ['others-too'])
    })
  }

  for (const name of ['${account}*', '${serviceaccount}-*', '${account:1}*', '${labels:a/b}*']) {
    it(name, () => {
      assert.deepEqual(kindsOf(name), ['others-too'])
    })
  }

  const NARROW = [
    ...['${namespace}/**', '${namespace}', '${namespace}/*', '${namespace}-prod/**'],
    ...['*/${namespace}/**', 'apps-*/${account}/?', '${labels:a/b}/*', '${name}*', 'team-a*'],
    ...['/^${namespace}\\/.*$/', '/^${namespace}(\\/.+)?$/', '/^.*\\/${namespace}$/'],
  ]
  for (const name of NARROW) {
    it(`not ${name}`, () => {
      assert.deepEqual(kindsOf(name), [])
    })
  }

  it('not of a rule that denies', () => {
    assert.deepEqual(flawsOf('${namespace}*', []), [])
  })

  it('says whose, and what to write', () => {
    assert.deepEqual(
      flawsOf('${namespace}**').map(({ message }) => message),
      [
        'has the name "${namespace}**", which also matches what belongs to others whose names begin so: ' +
          "for team-a what is of team-a-prod, too; next: put a / between, such as '${namespace}/**'",
      ],
    )
  })
})

describe('a name that matches no repository', () => {
  const DEAD: readonly (readonly [name: string, why: RegExp])[] = [
    ['${namespace}/', /no name ends with \/, and \$\{namespace\}\/\*\* is what is below/],
    ['x/', /no name ends with/],
    ['/library/**', /no name begins with \//],
    ['/x/**', /no name begins with/],
    ['a//b', /no name has \/\/ in it/],
    ['**//a', /no name has \/\//],
    ['Library/**', /"L" is in no name/],
    ['base:v1', /":" is in no name/],
    ['$namespace/**', /a \$ is in no name/],
  ]
  for (const [name, why] of DEAD) {
    it(name, () => {
      const [{ kind, message } = { kind: undefined, message: '' }, ...more] = flawsOf(name)
      assert.deepEqual([kind, more], ['never-matches', []])
      assert.match(message, why)
      assert.match(message, /: it never matches$/)
    })
  }

  it('is nothing to say of where names are read as docker_auth reads them', () => {
    const policy = createPolicy([ruleOf({ name: '[A-Z]/', account: 'x' }, ['*'], 'docker_auth')])
    assert.deepEqual(ruleFlaws(policy, 'docker_auth'), [])
    assert.deepEqual(lint(policy, 'docker_auth'), [])
  })
})

describe('a rule that gives all to all', () => {
  for (const name of ['**', '*/**', '**/*']) {
    it(`is one for ${name}`, () => {
      assert.deepEqual(kindsOf(name), ['open'])
    })
  }
  for (const name of ['*', '*/app', 'library/**']) {
    it(`is none for ${name}`, () => {
      assert.deepEqual(kindsOf(name), [])
    })
  }
})

it('lint finds what is against rules one by one, too, and against exemptions', () => {
  const [wide, dead] = [
    ruleOf({ name: '${namespace}**' }),
    ruleOf({ namespace: 'x', name: 'A/**' }),
  ]
  assert.deepEqual(
    lint(createPolicy([wide], [dead])).map(({ kind }) => kind),
    ['others-too', 'never-matches'],
  )
})
