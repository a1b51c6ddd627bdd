import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { stringify } from 'yaml'
import { parseConfig } from '../../../src/config/read.ts'

const parse = (controller: unknown, environment: Readonly<Record<string, string>> = {}) =>
  parseConfig(
    stringify({ realm: 'https://registry.example/token', controller }),
    'rauth.yaml',
    environment,
  )

function good(controller: unknown, environment: Readonly<Record<string, string>> = {}) {
  const read = parse(controller, environment)
  assert.equal(read.problems, undefined)
  return read.config.controller
}

describe('controller in the configuration', () => {
  it('has a default for everything', () => {
    const { namespaces, overlap, adopt, whenUnmanaged, rotateAfter } = good({})
    assert.deepEqual(namespaces, { labelSelector: 'rauth.dev/managed=true', except: [], only: [] })
    assert.deepEqual(
      [overlap, adopt, whenUnmanaged, rotateAfter],
      [86_400, false, 'keep', undefined],
    )
  })

  it('is in the environment, too', () => {
    const { namespaces, rotateAfter, registries, adopt } = good(
      {},
      {
        RAUTH_CONTROLLER_NAMESPACES_LABEL_SELECTOR: '*',
        RAUTH_CONTROLLER_NAMESPACES_EXCEPT: 'kube-system, kube-public',
        RAUTH_CONTROLLER_ROTATE_AFTER: '720h',
        RAUTH_CONTROLLER_REGISTRIES: 'registry.example, localhost:5080',
        RAUTH_CONTROLLER_ADOPT: 'true',
      },
    )
    assert.deepEqual(namespaces.except, ['kube-system', 'kube-public'])
    assert.deepEqual(registries, ['registry.example', 'localhost:5080'])
    assert.deepEqual([namespaces.labelSelector, rotateAfter, adopt], ['*', 2_592_000, true])
  })

  const MISTAKES: readonly (readonly [what: string, controller: unknown, told: RegExp])[] = [
    [
      'a life that is no longer than the overlap',
      { rotateAfter: '30h' },
      /twice "controller\.overlap"/,
    ],
    ['an overlap that no kubelet keeps up with', { overlap: '1s' }, /from 10 s/],
    [
      'a registry with a scheme',
      { registries: ['https://registry.example'] },
      /must be HOST or HOST:PORT/,
    ],
    [
      'a registry with a path',
      { registries: ['registry.example/team-a'] },
      /must be HOST or HOST:PORT/,
    ],
    ['a registry with nothing between dots', { registries: ['a..b'] }, /must be HOST or HOST:PORT/],
    [
      'a name with nothing between dots',
      { pullSecretName: 'a..b' },
      /must be the name of an object/,
    ],
    [
      'a selector with a brace',
      { namespaces: { labelSelector: '{a}' } },
      /must be a label selector/,
    ],
    ['a namespace that can’t be one', { namespaces: { only: ['Team'] } }, /must be a namespace/],
    ['a slip', { rotateafter: '720h' }, /rotateAfter/],
    ['another word', { whenUnmanaged: 'drop' }, /keep/],
    ['a name with a slash', { pullSecretName: 'a/b' }, /must be the name of an object/],
    [
      'an account that can’t be one',
      { serviceAccounts: ['*'] },
      /must be the name of a ServiceAccount/,
    ],
  ]
  for (const [what, controller, told] of MISTAKES) {
    it(`refuses ${what}`, () => {
      const { problems = [] } = parse(controller)
      assert.equal(problems.length, 1, JSON.stringify(problems))
      assert.match(`${problems[0]?.where ?? ''}: ${problems[0]?.message ?? ''}`, told)
    })
  }
})
