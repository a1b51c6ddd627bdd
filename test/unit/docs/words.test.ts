import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { SOURCE_KINDS } from '../../../src/config/identity-schema.ts'
import { policyOf } from '../../../src/config/policy-file.ts'
import { configOf, parseConfig } from '../../../src/config/read.ts'
import { policySchema } from '../../../src/config/policy-schema.ts'
import { keysAt, SETTINGS } from '../../../src/config/settings.ts'
import { usersOfFile } from '../../../src/config/users-file.ts'
import { usersSchema } from '../../../src/config/users-schema.ts'
import { grant } from '../../../src/policy/grant.ts'
import { askerOf } from '../../support/askers.ts'
import { claimableRules } from '../../../src/policy/claimable.ts'
import { REASONS, refusalKind } from '../../../src/refusal.ts'

/** The root of the repository, from dist/test/unit/docs. */
const ROOT = path.resolve(import.meta.dirname, '../../../..')
const README = readFileSync(path.join(ROOT, 'README.md'), 'utf8')

describe('docs/policy.md', () => {
  const page = readFileSync(path.join(ROOT, 'docs/policy.md'), 'utf8')

  it('has a policy file that is one, with every key', () => {
    const text = /^```yaml\n(# policy\.yaml[^]+?)^```$/m.exec(page)?.[1] ?? assert.fail('no policy')
    const policy = policyOf(text, 'policy.yaml')
    const { rules, shadows, writesOnce, labels } = policy
    assert.deepEqual(claimableRules(policy), [], 'the example can be taken over by any namespace')
    assert.deepEqual([rules.length, shadows.length, writesOnce], [8, 1, true])
    assert.deepEqual(labels, ['role', 'team'])
    for (const key of keysAt([], policySchema)) assert.match(text, new RegExp(`^${key}:`, 'm'))
  })

  it('has rules by which one ServiceAccount of a namespace pushes, and the others pull', () => {
    const text = /^```yaml\n(rules:\n.*serviceaccount[^]+?)^```$/m.exec(page)?.[1]
    const policy = policyOf(text ?? assert.fail('no rules'), 'policy.yaml')
    const may = (serviceaccount?: string) => {
      const holder = { namespace: 'team-a', ...(serviceaccount && { serviceaccount }) }
      const requested = [{ type: 'repository', name: 'team-a/web', actions: ['pull', 'push'] }]
      return grant(policy, askerOf([holder]), requested).access.flatMap(({ actions }) => actions)
    }
    assert.deepEqual([may('builder'), may('default')], [['pull', 'push'], ['pull']])
    assert.deepEqual(may(), ['pull', 'push'])
  })

  it('has rules of tags by which the tags that they name can be pushed, and no others', () => {
    const text = /^```yaml\n(gateway: true[^]+?)^```$/m.exec(page)?.[1] ?? assert.fail('no rules')
    const policy = policyOf(text, 'policy.yaml')
    const may = (tags: readonly string[]) => {
      const requested = [{ type: 'repository', name: 'app/web', actions: ['pull', 'push'] }]
      const { access } = grant(policy, askerOf([{ namespace: 'team-a' }], { tags }), requested)
      return access.flatMap(({ actions }) => actions).join()
    }
    assert.deepEqual([may(['dev-1']), may(['v1']), may([])], ['pull,push', 'pull', 'pull,push'])
  })

  it('tells of every key of a rule and of its match', () => {
    const told = [...page.matchAll(/^\| `(\w+)/gm)].map(([, key]) => key)
    const keys = [
      ['rules', '0'],
      ['rules', '0', 'match'],
    ].flatMap((at) => keysAt(at, policySchema))
    assert.deepEqual(new Set(told), new Set([...keys, 'acl']))
    for (const key of keysAt(['rules', '0', 'match', 'when'], policySchema)) {
      assert.ok(page.includes(`\`${key}\``), key)
    }
  })
})

describe('docs/identity.md', () => {
  const page = readFileSync(path.join(ROOT, 'docs/identity.md'), 'utf8')
  const blocks = (name: string) =>
    [...page.matchAll(new RegExp(`^\`\`\`yaml\\n# ${name}\\n([^]+?)^\`\`\`$`, 'gm'))].map(
      ([, text = '']) => text,
    )

  it('has configurations that are some, with every kind of source', () => {
    const kinds = blocks('rauth\\.yaml').flatMap((text) => {
      const parsed = parseConfig(`realm: https://registry.example/token\n${text}`, 'rauth.yaml', {})
      if (parsed.problems !== undefined) assert.fail(JSON.stringify(parsed.problems))
      return parsed.config.identity.flatMap((source) => Object.keys(source))
    })
    assert.deepEqual(new Set(kinds), new Set(SOURCE_KINDS))
  })

  it('has a users file that is one, with every key', () => {
    const [text = ''] = blocks('users\\.yaml')
    assert.equal(usersOfFile(text, 'users.yaml').people.length, 2)
    const keys = [...keysAt([], usersSchema), ...keysAt(['accounts', 'alice'], usersSchema)]
    for (const key of keys) assert.match(text, new RegExp(`^ *${key}:`, 'm'))
  })
})

describe('docs/troubleshooting.md', () => {
  /** Words of proxies, and of the log about TLS. */
  const OF_OTHERS = [
    ...['circuit_breakers', 'upstream_rq_pending_overflow', 'upstream_rq_timeout'],
    ...['ext_authz_error', 'with_request_body', 'client_max_body_size', 'no_tls'],
  ]
  const page = readFileSync(path.join(ROOT, 'docs/troubleshooting.md'), 'utf8')

  it('speaks of reasons and settings that there are', () => {
    const names = SETTINGS.map(({ path: keys }) => keys.join('.'))
    const words = [...page.matchAll(/`([a-z]+(?:_[a-z]+)+|[a-z]+\.[a-z][A-Za-z]+)`/g)]
    assert.ok(words.length > 5)
    const known = new Set<string>([...names, ...REASONS, ...OF_OTHERS])
    for (const [, word = ''] of words) assert.ok(known.has(word) || word.startsWith('rauth_'), word)
  })

  it('says what to do about each reason that is not the mistake of whoever asks', () => {
    const ours = REASONS.filter((reason) => refusalKind(reason).http >= 500)
    for (const reason of ours) {
      assert.match(page, new RegExp(`^\\| \`${reason}\` +\\| [^|]{10,}\\| [^|]{10,}\\|$`, 'm'))
    }
    assert.match(page, /`client_address_missing`/)
  })

  it('says what each detail of a token that is refused means', () => {
    const details = ['jws', 'verifier'].flatMap((name) => {
      const code = readFileSync(path.join(ROOT, `src/token/${name}.ts`), 'utf8')
      const found = [...code.matchAll(/(?:invalid\(|return )'([a-z0-9 ]+)'/g)]
      assert.ok(found.length > 4, name)
      return found.map(([, detail = '']) => detail)
    })
    const [, section = ''] = page.split('\n## 401 with a token that is new\n')
    const [table = ''] = section.split('\n## ')
    for (const detail of details) assert.ok(table.includes(`\`${detail}\``), detail)
  })
})

describe('docs/configuration.md', () => {
  const page = readFileSync(path.join(ROOT, 'docs/configuration.md'), 'utf8')
  const fence = /^```yaml\n(# rauth\.yaml with its defaults[^]+?)^```$/m.exec(page)?.[1]
  const block = fence ?? assert.fail('no rauth.yaml')
  // Settings that have no default stand there commented out.
  const whole = block.replaceAll(/^( +)# (\w+: )/gm, '$1$2')

  it('shows every setting, and no other', () => {
    const shown = SETTINGS.filter(({ path: keys }) => {
      let value: unknown = parse(whole)
      for (const key of keys) value = (value as Record<string, unknown> | undefined)?.[key]
      return value !== undefined
    })
    assert.deepEqual(
      SETTINGS.filter((setting) => !shown.includes(setting)).map(({ variable }) => variable),
      [],
    )
    assert.equal(parseConfig(whole, 'rauth.yaml', {}).problems, undefined)
  })

  it('shows the defaults', () => {
    const realm = /^realm: \S+/m.exec(block)?.[0] ?? ''
    assert.deepEqual(configOf(block, 'rauth.yaml', {}), configOf(realm, 'rauth.yaml', {}))
  })
})

describe('README', () => {
  it('has a policy file that is one', () => {
    const text = /^```yaml\n(rules:[^]+?)^```$/m.exec(README)?.[1] ?? assert.fail('no policy')
    const policy = policyOf(text, 'policy.yaml')
    assert.deepEqual(claimableRules(policy), [], 'the example can be taken over by any namespace')
    assert.deepEqual(
      policy.rules.map(({ actions }) => actions),
      [['*'], ['pull', 'push'], ['pull']],
    )
  })
})

describe('docs/access.md', () => {
  const page = readFileSync(path.join(ROOT, 'docs/access.md'), 'utf8')

  it('names every status that a refusal can have', () => {
    const gateway = REASONS.map((reason) => refusalKind(reason).http)
    for (const status of new Set(
      gateway.filter((one) => one === 401 || one === 403 || one >= 500),
    )) {
      assert.match(page, new RegExp(`^\\| ${status}`, 'm'))
    }
  })
})
