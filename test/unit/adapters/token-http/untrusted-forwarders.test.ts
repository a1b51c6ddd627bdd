import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createUntrustedNotice } from '../../../../src/adapters/token-http/untrusted-forwarders.ts'

describe('the notice of untrusted forwarders', () => {
  it('warns of each once, and of no more than are ever proxies', () => {
    const lines: string[] = []
    const notice = createUntrustedNotice({ warn: (_, message) => lines.push(message) })
    for (let round = 0; round < 3; round += 1) {
      for (let i = 0; i < 100; i += 1) notice(`10.0.0.${i}`, 'x-forwarded-for')
    }
    assert.equal(lines.length, 16)
    assert.match(
      lines[0] ?? '',
      /^10\.0\.0\.0 sends x-forwarded-for and is not in trustedProxies: .*next: add it/,
    )
  })
})
