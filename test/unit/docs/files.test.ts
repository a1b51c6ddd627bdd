import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { casesOf } from '../../../src/config/policy-cases.ts'
import { policyOf } from '../../../src/config/policy-file.ts'
import { parseConfig } from '../../../src/config/read.ts'
import { keysAt } from '../../../src/config/settings.ts'
import { usersOfFile } from '../../../src/config/users-file.ts'
import { createPasswordHasher } from '../../../src/credentials/password.ts'
import { readSecret } from '../../../src/credentials/secret/secret-format.ts'
import { registryConfig } from '../../../tools/stack/registry-config.ts'
import { allPages, type Block } from '../../support/pages.ts'

/** The root of the repository, from dist/test/unit/docs. */
const ROOT = path.resolve(import.meta.dirname, '../../../..')

const BLOCKS = allPages().flatMap(({ blocks }) => blocks)

/** Whose key a file of others begins with → the test that runs it, which names the page. */
const RUN_ELSEWHERE: Readonly<Record<string, string>> = {
  transport_socket: 'test/e2e/tls.test.ts',
  resources: 'test/e2e/tls.test.ts',
  server: 'test/e2e/pages/moving.test.ts',
  typed_config: 'test/e2e/tracing.test.ts',
  clusters: 'test/e2e/tracing.test.ts',
  scrape_configs: 'test/e2e/prometheus/rules.test.ts',
}

type Document = Readonly<Record<string, unknown>>

interface Kind {
  readonly is: (document: Document) => boolean
  /** Throws where it is none that works. */
  readonly judge: (text: string, document: Document) => void
}

const SECRET_OPTIONS = {
  secretName: 'registry-credentials',
  hasher: createPasswordHasher(Buffer.alloc(32, 1)),
  bindingKey: createSecretKey(Buffer.alloc(32, 2)),
}

const CHART_VALUES = parse(
  readFileSync(path.join(ROOT, 'charts/rauth/values.yaml'), 'utf8'),
) as Document

/** Values that the chart has none of, by their paths. */
function unknownValues(given: Document, known: Document, at = ''): readonly string[] {
  return Object.entries(given).flatMap(([key, value]) => {
    if (!(key in known)) return [`${at}${key}`]
    const below = known[key]
    // What is empty is for the user to fill, and is set as a whole.
    return isMap(below) && isMap(value) && Object.keys(below).length > 0
      ? unknownValues(value, below, `${at}${key}.`)
      : []
  })
}

function isMap(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Each kind of file that the pages show, the first that it is. */
const KINDS: readonly Kind[] = [
  {
    is: (document) => 'rules' in document && !('apiVersion' in document),
    judge: (text) => policyOf(text, 'policy.yaml'),
  },
  {
    // Of the chart; test/e2e/pages installs with them.
    is: (document) =>
      Object.keys(document).every((key) => key in CHART_VALUES) &&
      (Object.keys(document).some((key) => !keysAt([]).includes(key)) ||
        (isMap(document['policy']) && 'rules' in document['policy'])),
    judge(_, document) {
      assert.deepEqual(unknownValues(document, CHART_VALUES), [])
    },
  },
  { is: (document) => 'accounts' in document, judge: (text) => usersOfFile(text, 'users.yaml') },
  {
    is: (document) => 'cases' in document,
    judge(text) {
      assert.ok(casesOf(text, 'cases.yaml', 'internal-registry.io').length > 0)
    },
  },
  {
    // Of rauth itself.
    is: (document) => Object.keys(document).every((key) => keysAt([]).includes(key)),
    judge(text, document) {
      const realm = 'realm' in document ? '' : 'realm: https://registry.example/token\n'
      assert.deepEqual(parseConfig(`${realm}${text}`, 'rauth.yaml', {}).problems, undefined)
    },
  },
  {
    // A Secret, or what of one is changed.
    is: ({ kind, stringData }) => kind === 'Secret' || stringData !== undefined,
    judge(_, document) {
      const metadata = { name: SECRET_OPTIONS.secretName, namespace: 'team-a' }
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata, ...document }
      assert.equal(readSecret(secret, SECRET_OPTIONS).kind, 'credentials')
    },
  },
  {
    is: ({ apiVersion, kind }) => typeof apiVersion === 'string' && typeof kind === 'string',
    judge(_, { metadata }) {
      assert.equal(typeof (metadata as Document | undefined)?.['name'], 'string')
    },
  },
  {
    // Of a pod or its container.
    is: (document) =>
      Object.keys(document).every((key) => ['volumes', 'resources', 'env'].includes(key)) &&
      !Array.isArray(document['resources']),
    judge(_, { volumes, env }) {
      for (const named of [volumes, env]) {
        for (const one of (named ?? []) as Document[]) assert.equal(typeof one['name'], 'string')
      }
    },
  },
  {
    // Of a registry: the keys that the tests give to real ones.
    is: (document) => 'auth' in document,
    judge(_, { auth }) {
      const tokenCheck = { realm: '', service: '', issuer: '', certificates: '', jwks: '' }
      const text = registryConfig({ port: 1, storage: '', secret: '', tokenCheck })
      const { token } = (parse(text) as { auth: { token: Document } }).auth
      const shown = Object.keys((auth as { token?: Document }).token ?? {})
      assert.deepEqual(
        shown.filter((key) => !(key in token)),
        [],
      )
    },
  },
]

function judge({ place, text }: Block): void {
  for (const read of parseAllDocuments(text)) {
    assert.deepEqual(read.errors, [])
    const document = read.toJS() as Document
    const kind = KINDS.find(({ is }) => is(document))
    if (kind !== undefined) {
      kind.judge(read.toString(), document)
      continue
    }
    const [first = ''] = Object.keys(document)
    const test = RUN_ELSEWHERE[first] ?? assert.fail(`"${first}": no test says whether it works`)
    const page = place.split(':')[0] ?? ''
    assert.ok(readFileSync(path.join(ROOT, test), 'utf8').includes(page), `${test}: ${page}`)
  }
}

describe('the files in the pages', () => {
  for (const block of BLOCKS.filter(({ language }) => language === 'yaml')) {
    it(`${block.place} is a file that works`, () => {
      judge(block)
    })
  }

  for (const { place, text } of BLOCKS.filter(({ language }) => language === 'json')) {
    it(`${place} is JSON`, () => {
      JSON.parse(text)
    })
  }
})
