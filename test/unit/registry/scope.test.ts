import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { mergeAccess } from '../../../src/registry/access.ts'
import { formatScope, parseScopes } from '../../../src/registry/scope.ts'

/** Scopes as sent → their canonical spelling. */
const SCOPES: readonly (readonly [values: readonly string[], formatted: string])[] = [
  [[], ''],
  [[''], ''],
  [['   '], ''],
  [['repository:a/b:pull'], 'repository:a/b:pull'],
  [['repository:a/b:push,pull'], 'repository:a/b:pull,push'],
  [['repository:a/b:pull,pull'], 'repository:a/b:pull'],
  [['repository:a/b:*'], 'repository:a/b:*'],
  [['repository:a/b:pull,*'], 'repository:a/b:*'],
  [['repository:localhost:5000/app:pull'], 'repository:localhost:5000/app:pull'],
  [['repository:a:b:c:pull'], 'repository:a:b:c:pull'],
  [['repository(plugin):a/b:pull'], 'repository:a/b:pull'],
  [['repository(plugin):a/b:pull', 'repository:a/b:push'], 'repository:a/b:pull,push'],
  [['registry:catalog:*'], 'registry:catalog:*'],
  [['artifact:x:sign'], 'artifact:x:sign'],
  [['repository:b:pull', 'repository:a:pull'], 'repository:a:pull repository:b:pull'],
  [['repository:b:pull repository:a:pull'], 'repository:a:pull repository:b:pull'],
  [[' repository:a:pull  repository:a:push '], 'repository:a:pull,push'],
  [['repository:__proto__:pull'], 'repository:__proto__:pull'],
  [['constructor:a:pull'], 'constructor:a:pull'],
  [['repository:TEAM-A/../x:pull'], 'repository:TEAM-A/../x:pull'],
  [['repository:a:pull,repository:b:pull'], 'repository:a:pull,repository:b:pull'],
]

const MALFORMED: readonly (readonly [what: string, values: readonly string[]])[] = [
  ['no colon', ['repository']],
  ['one colon', ['repository:a']],
  ['no type', [':a:pull']],
  ['no name', ['repository::pull']],
  ['no action', ['repository:a:']],
  ['an empty action', ['repository:a:pull,']],
  ['an upper-case action', ['repository:a:Pull']],
  ['an action with a digit', ['repository:a:pull2']],
  ['part of a star', ['repository:a:p*']],
  ['an upper-case type', ['Repository:a:pull']],
  ['an open class', ['repository(plugin:a:pull']],
  ['an empty class', ['repository():a:pull']],
  ['two classes', ['repository(a)(b):a:pull']],
  ['a tab', ['repository:a:pull\trepository:b:pull']],
  ['a line break', ['repository:a\r\nx:pull']],
  ['a NUL', ['repository:a\0:pull']],
  ['other alphabets', ['repository:é:pull']],
  ['one bad of two', ['repository:a:pull b']],
  ['33 scopes', Array.from({ length: 33 }, (_, i) => `repository:a${i}:pull`)],
  ['33 scopes in one value', ['repository:a:pull '.repeat(33)]],
  ['513 characters', [`repository:${'a'.repeat(513 - 'repository::pull'.length)}:pull`]],
  ['17 actions on one resource', manyActions(17)],
]

function manyActions(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `repository:a:${'x'.repeat(i + 1)}`)
}

function parsed(values: readonly string[]) {
  const result = parseScopes(values)
  assert.ok(result.ok, JSON.stringify(result))
  return result.value
}

describe('parseScopes', () => {
  for (const [values, formatted] of SCOPES) {
    it(`${JSON.stringify(values)} is ${formatted === '' ? 'no access' : formatted}`, () => {
      assert.equal(formatScope(parsed(values)), formatted)
    })
  }

  for (const [what, values] of MALFORMED) {
    it(`refuses ${what}`, () => {
      const result = parseScopes(values)
      assert.equal(result.ok ? undefined : result.refusal.reason, 'scope_malformed')
    })
  }

  it('takes as much as its limits say', () => {
    assert.equal(parsed(Array.from({ length: 32 }, (_, i) => `repository:a${i}:pull`)).length, 32)
    const longest = `repository:${'a'.repeat(512 - 'repository::pull'.length)}:pull`
    assert.equal(formatScope(parsed([longest])), longest)
    assert.equal(parsed(manyActions(16))[0]?.actions.length, 16)
  })

  it('says which scope is wrong and why, without a byte of it', () => {
    const result = parseScopes(['repository:a:pull', 'repository:canary:CANARY'])
    assert.deepEqual(result, {
      ok: false,
      refusal: { reason: 'scope_malformed', detail: 'scope 2 of 2: actions' },
    })
  })

  it('reads back what formatScope writes', () => {
    const access = fc
      .array(
        fc.record({
          type: fc.stringMatching(/^[a-z0-9]{1,8}$/),
          name: fc.stringMatching(/^[!-~]{1,20}$/),
          actions: fc.array(fc.stringMatching(/^([a-z]{1,6}|\*)$/), { minLength: 1, maxLength: 5 }),
        }),
        { maxLength: 32 },
      )
      .map(mergeAccess)
      .filter((one) => one.every(({ actions }) => actions.length <= 16))
    fc.assert(
      fc.property(access, (one) => {
        assert.deepEqual(parsed([formatScope(one)]), one)
        assert.deepEqual(parsed(one.map((resource) => formatScope([resource]))), one)
      }),
    )
  })

  it('never throws, and takes nothing that it would not write', () => {
    const junk = fc.stringMatching(/^[ab:,*() /|é]{0,16}$/)
    fc.assert(
      fc.property(fc.array(junk, { maxLength: 4 }), (values) => {
        const result = parseScopes(values)
        if (result.ok) assert.deepEqual(parsed([formatScope(result.value)]), result.value)
      }),
      { numRuns: 2_000 },
    )
  })
})
