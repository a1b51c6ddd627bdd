import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { prettyLine } from '../../../../src/adapters/ops/pretty-line.ts'

const HEAD = { time: '2026-11-25T12:34:56.789Z', level: 'info' }
const pretty = (fields: object, colors = false) =>
  prettyLine(`${JSON.stringify({ ...HEAD, ...fields })}\n`, colors)

/** What a terminal takes for a colour, or for the end of one. */
const MARK = new RegExp(`${String.fromCharCode(27)}\\[(0|2|31|32|33)m`, 'g')

const DECISION = {
  ...{ msg: 'decision', id: 'id-1', half: 'gateway', outcome: 'allowed', status: 200 },
  ...{ method: 'GET', route: 'manifest_read', requested: 'repository:team-a/app:pull' },
  ...{ account: 'team-a', address: '10.0.0.1', milliseconds: 1.2, namespaces: ['team-a'] },
}

describe('a line for people', () => {
  it('is the sentence and what is beside it', () => {
    assert.equal(
      pretty({ level: 'warn', msg: 'a key cannot be used', file: 'a.key', ports: { token: 1 } }),
      '12:34:56.789 warn  a key cannot be used  file=a.key  ports={"token":1}\n',
    )
  })

  it('tells of a decision in the order in which one asks', () => {
    assert.equal(
      pretty({ ...DECISION, rule: 'own', tokenId: 'jti', requestId: 'of the proxy' }),
      '12:34:56.789 info  gateway allowed      GET manifest_read repository:team-a/app:pull  team-a' +
        '  10.0.0.1  1.2 ms  rule=own  id-1\n',
    )
    assert.equal(
      pretty({
        ...DECISION,
        ...{ half: 'token', account: undefined, outcome: 'refused', status: 401 },
        ...{ reason: 'credentials_invalid', detail: 'wrong password', rule: '' },
      }),
      '12:34:56.789 info  token   refused 401  GET manifest_read repository:team-a/app:pull  ' +
        '10.0.0.1  credentials_invalid  1.2 ms  namespaces=team-a  detail=wrong password  id-1\n',
    )
  })

  it('has colours only where they are wanted, and ends each', () => {
    assert.ok(!pretty(DECISION).includes('\u001b'))
    const text = pretty({ ...DECISION, outcome: 'failed' }, true)
    assert.ok(text.includes('\u001b[31mfailed 200 \u001b[0m'), text)
    const marks = [...text.matchAll(MARK)].map(([, code]) => code === '0')
    assert.deepEqual(
      marks,
      marks.map((_, i) => i % 2 === 1),
    )
  })

  it('moves no cursor and begins no line, whatever others wrote', () => {
    const evil = 'a\u001b[2J\r\n12:00:00.000 info  forged\u202e\u0007'
    const lines = [
      pretty({ msg: evil, [evil]: evil, deep: { [evil]: [evil] } }, true),
      pretty({ ...DECISION, account: evil, requested: evil, id: evil, outcome: evil }, true),
      prettyLine(`no JSON ${evil}\n`, true),
      prettyLine(JSON.stringify(evil), true),
      pretty({ level: evil, time: evil, msg: 'x' }, true),
    ]
    for (const line of lines) {
      assert.match(line, /^[^\n]*\n$/)
      assert.doesNotMatch(line.replaceAll(MARK, ''), /[\p{Cc}\p{Cf}](?<!\n)/u)
    }
  })
})
