import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { escapeFilter, fillFilter } from '../../../src/adapters/ldap/filter.ts'

describe('a filter of a directory', () => {
  it('has the user name in it as text, whatever that is', () => {
    const filter = '(&(objectClass=person)(uid=${user}))'
    for (const [user, filled] of [
      ['alice', '(&(objectClass=person)(uid=alice))'],
      ['*', '(&(objectClass=person)(uid=\\2a))'],
      ['a)(uid=*', '(&(objectClass=person)(uid=a\\29\\28uid=\\2a))'],
      ['a\\b\0', '(&(objectClass=person)(uid=a\\5cb\\00))'],
      ['${dn}', '(&(objectClass=person)(uid=${dn}))'],
      ['$&', '(&(objectClass=person)(uid=$&))'],
      ['ßü', '(&(objectClass=person)(uid=ßü))'],
    ] as const) {
      assert.equal(fillFilter(filter, { user }), filled, user)
    }
    assert.equal(escapeFilter('()*\\'), '\\28\\29\\2a\\5c')
  })

  it('has each placeholder filled', () => {
    assert.equal(fillFilter('(|(a=${dn})(b=${user}))', { dn: 'x', user: 'y' }), '(|(a=x)(b=y))')
  })
})
