import assert from 'node:assert/strict'
import { it } from 'node:test'
import { configOf } from '../../../src/config/read.ts'
import { shareOf } from '../../../src/config/share.ts'

const TEXT = `
realm: https://registry.test/token
service: registry.test
identity:
  - secrets: {}
  - http: { url: 'https://who.test/', concurrency: 10 }
  - command: { program: /bin/true, concurrency: 2 }
  - ldap: { url: 'ldaps://ldap.test', users: { base: 'dc=test', filter: '(uid=$\{user})' }, concurrency: 16 }
policy: { kubernetes: { concurrency: 7 } }
`

it('is what each of several may ask at a time: one at least, and together not more', () => {
  const config = configOf(TEXT, 'rauth.yaml', {})
  const share = shareOf(config, 4)
  assert.deepEqual(
    share.identity.map(({ http, command, ldap }) => (http ?? command ?? ldap)?.concurrency),
    [undefined, 2, 1, 4],
  )
  assert.deepEqual([share.policy.kubernetes.concurrency, share.policy.command.concurrency], [1, 4])
  assert.deepEqual(shareOf(config, 1), config)
})
