import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { MAX_FORM, parseForm, parseQuery } from '../../../../src/adapters/token-http/parameters.ts'

const READ: readonly (readonly [
  text: string,
  parameters: readonly (readonly [string, readonly string[]])[],
])[] = [
  ['', []],
  ['&', []],
  ['service=a', [['service', ['a']]]],
  ['a=1&&b=2&', [['a', ['1']], ['b', ['2']]]], // prettier-ignore
  ['scope=a&service=s&scope=b', [['scope', ['a', 'b']], ['service', ['s']]]], // prettier-ignore
  ['scope=a+b', [['scope', ['a b']]]],
  ['scope=a%20b', [['scope', ['a b']]]],
  ['scope=a%2Bb', [['scope', ['a+b']]]],
  ['sc%6Fpe=a', [['scope', ['a']]]],
  [
    'scope=repository%3Ateam-a%2Fapp%3Apull%2Cpush',
    [['scope', ['repository:team-a/app:pull,push']]],
  ],
  ['scope=repository(plugin):a:pull', [['scope', ['repository(plugin):a:pull']]]],
  ['a', [['a', ['']]]],
  ['a=', [['a', ['']]]],
  ['=a', [['', ['a']]]],
  ['a=b=c', [['a', ['b=c']]]],
  ['account=%C3%A9', [['account', ['é']]]],
  ['account=%EF%BB%BFa', [['account', ['\ufeffa']]]],
  ['__proto__=x&__proto__=y', [['__proto__', ['x', 'y']]]],
  ['constructor=x', [['constructor', ['x']]]],
  ['scope%5B%5D=a', [['scope[]', ['a']]]],
]

const MALFORMED: readonly (readonly [what: string, text: string])[] = [
  ['a bad escape', 'service=%zz'],
  ['half an escape', 'service=%4'],
  ['a lone percent sign', 'service=%'],
  ['a bad escape in a name', 'serv%ice=a'],
  ['a bad escape in what is ignored', 'service=a&client_id=%'],
  ['bytes that are not UTF-8', 'account=%ff'],
  ['an overlong slash', 'scope=a%c0%afb'],
  ['a surrogate', 'account=%ed%a0%80'],
  ['a NUL', 'account=%00'],
  ['a line break', 'service=a%0d%0ab'],
  ['DEL', 'account=%7f'],
  ['a C1 control', 'account=%c2%85'],
  ['a semicolon', 'service=a;service=b'],
  ['a fragment', 'service=a#b'],
  ['a backslash', 'service=a\\b'],
  ['a quotation mark', 'service="a"'],
  ['a raw space', 'service=a b'],
  ['a raw bracket', 'scope[]=a'],
  ['a raw character beyond ASCII', 'account=é'],
  ['65 parameters', Array.from({ length: 65 }, (_, i) => `k${i}`).join('&')],
]

const reasonOf = (text: string) => {
  const result = parseQuery(text)
  return result.ok ? 'none' : result.refusal.reason
}

describe('parseQuery', () => {
  for (const [text, parameters] of READ) {
    it(`reads ${JSON.stringify(text)}`, () => {
      assert.deepEqual(parseQuery(text), { ok: true, value: new Map(parameters) })
    })
  }

  for (const [what, text] of MALFORMED) {
    it(`refuses ${what}`, () => {
      assert.equal(reasonOf(text), 'parameters_malformed')
    })
  }

  it('reads 64 parameters and 8192 characters, no more', () => {
    const many = Array.from({ length: 64 }, (_, i) => `k${i}`).join('&')
    assert.equal(reasonOf(many), 'none')
    assert.equal(reasonOf(`a=${'b'.repeat(8190)}`), 'none')
    assert.equal(reasonOf(`a=${'b'.repeat(8191)}`), 'headers_too_large')
  })

  it('keeps what was sent out of the detail', () => {
    for (const [, text] of MALFORMED) {
      const result = parseQuery(`${text}&canary=canary`)
      assert.ok(!result.ok)
      assert.doesNotMatch(JSON.stringify(result), /canary/)
    }
  })

  it('reads back whatever URLSearchParams writes', () => {
    const text = fc
      .string({ unit: 'grapheme', maxLength: 12 })
      .filter((one) => !/\p{Cc}/u.test(one))
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 8 }), (pairs) => {
        const result = parseQuery(new URLSearchParams(pairs).toString())
        assert.ok(result.ok)
        const names = [...new Set(pairs.map(([name]) => name))]
        const values = names.map((one) => pairs.filter(([name]) => name === one).map(([, v]) => v))
        assert.deepEqual(
          [...result.value],
          names.map((name, i) => [name, values[i]]),
        )
      }),
    )
  })

  it('agrees with URLSearchParams on all that it reads', () => {
    const junk = fc.stringMatching(/^([ab&=;+]|%[236][36dDfF]?){0,9}$/)
    let read = 0
    fc.assert(
      fc.property(junk, (text) => {
        const result = parseQuery(text)
        if (!result.ok) return
        read += 1
        const search = new URLSearchParams(text)
        for (const [name, values] of result.value) assert.deepEqual(values, search.getAll(name))
        assert.deepEqual([...result.value.keys()], [...new Set(search.keys())])
      }),
      { numRuns: 5_000 },
    )
    assert.ok(read > 1_000, `only ${read} texts were read`)
  })
})

describe('parseForm', () => {
  it('reads what a query could hold, and more of it', () => {
    for (const [text, parameters] of READ) {
      assert.deepEqual(parseForm(text), { ok: true, value: new Map(parameters) })
    }
    const reason = (length: number) => {
      const result = parseForm(`a=${'b'.repeat(length - 2)}`)
      return result.ok ? 'none' : result.refusal.reason
    }
    assert.equal(reason(MAX_FORM), 'none')
    assert.equal(reason(MAX_FORM + 1), 'request_too_large')
  })

  it('refuses what a query could not hold', () => {
    for (const [what, text] of MALFORMED) {
      const result = parseForm(text)
      assert.equal(result.ok ? 'none' : result.refusal.reason, 'parameters_malformed', what)
    }
  })
})
