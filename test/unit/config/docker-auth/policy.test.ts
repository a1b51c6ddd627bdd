import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dockerAuthPolicyOf } from '../../../../src/config/docker-auth/policy.ts'
import { parseConfig } from '../../../../src/config/read.ts'
import { grant } from '../../../../src/policy/grant.ts'
import { parseScopes } from '../../../../src/registry/scope.ts'
import { formatScope } from '../../../../src/registry/scope.ts'

const policyOf = (acl: string, users = '{ "": {} }') =>
  dockerAuthPolicyOf(
    `server: { addr: ":1", certificate: c, key: k }
token: { issuer: a, expiration: 900 }
users: ${users}
acl:
${acl}`,
    '/etc/auth.yml',
  )

function granted(acl: string, scope: string, address?: string, users?: string) {
  const requested = parseScopes([scope])
  assert.ok(requested.ok)
  const asker = { account: '', holders: [], service: 'registry', address }
  const { access, rules } = grant(policyOf(acl, users), asker, requested.value)
  return [formatScope(access), ...rules]
}

describe('acl as a policy', () => {
  it('has its entries in their order, each known by its line', () => {
    const acl = `
  - { match: { name: "team-[ab]/*" }, actions: [pull] }
  - { match: {}, actions: [] }`
    assert.deepEqual(granted(acl, 'repository:team-b/x:pull,push'), [
      'repository:team-b/x:pull',
      'auth.yml:6',
    ])
    assert.deepEqual(granted(acl, 'repository:team-c/x:pull'), ['', 'auth.yml:7'])
  })

  it('takes any address of a network for the network', () => {
    const acl = '  - { match: { ip: 10.1.2.3/8 }, actions: ["*"] }'
    assert.deepEqual(granted(acl, 'repository:a:pull', '10.9.9.9')[0], 'repository:a:pull')
    assert.deepEqual(granted(acl, 'repository:a:pull', '11.9.9.9')[0], '')
  })

  it('is for nobody only where nobody is a user', () => {
    const acl = '  - { match: {}, actions: ["*"] }'
    assert.equal(granted(acl, 'repository:a:pull')[0], 'repository:a:pull')
    assert.equal(granted(acl, 'repository:a:pull', undefined, '{}')[0], '')
  })

  it('has an action that nobody knows, and * among others is no more than itself', () => {
    const acl = '  - { match: {}, actions: ["*", scan] }'
    assert.equal(granted(acl, 'repository:a:pull,scan')[0], 'repository:a:scan')
    assert.equal(granted(acl, 'registry:catalog:*')[0], 'registry:catalog:*')
  })
})

describe('policy.format', () => {
  const problems = (policy: string) =>
    parseConfig(`realm: http://r/token\npolicy: ${policy}\n`, 'rauth.yaml', {}).problems?.map(
      ({ where, message }) => `${where}: ${message}`,
    )

  it('is that of a file', () => {
    assert.deepEqual(problems('{ format: docker_auth }'), [
      'rauth.yaml:2:11: "policy.format" is that of "policy.file": name one',
    ])
    assert.equal(problems('{ format: docker_auth, file: auth.yml }'), undefined)
  })
})
