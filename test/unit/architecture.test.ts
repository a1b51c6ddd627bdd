import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import ts from 'typescript'

/** The root of the repository, from dist/test/unit. */
const ROOT = path.resolve(import.meta.dirname, '../../..')
const SOURCE = path.join(ROOT, 'src')

const LEAVES = [
  'refusal.ts',
  'subject.ts',
  'redacted.ts',
  'ipv6.ts',
  'instant.ts',
  'nearest.ts',
  'errors.ts',
  'clock.ts',
  'log.ts',
  'version.ts',
  'printable.ts',
  'event.ts',
  'next-steps.ts',
  'login-cause.ts',
  'mapping.ts',
  'namespace-name.ts',
  'service-account.ts',
  'slots.ts',
  'backoff.ts',
  'object-name.ts',
  'compact-jws.ts',
  'identity-headers.ts',
  'route-name.ts',
  'trace-parent.ts',
  'yaml',
]
const CORE = ['registry', 'policy', 'credentials', 'token']
/** The core of the controller: nothing that serves a client needs it. */
const CONTROL = 'control'
const FLOWS = [
  'issue-token.ts',
  'authorize.ts',
  'identify.ts',
  'check-access.ts',
  'keep-tags.ts',
  'list-catalog.ts',
  'catalog-pages.ts',
  'live-token.ts',
  'fast-lane.ts',
  'decision.ts',
]

/** What each room may import besides itself: the arrows of the house. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'login-cause.ts': [],
  'refusal.ts': ['login-cause.ts'],
  'subject.ts': [],
  'redacted.ts': [],
  'ipv6.ts': [],
  'instant.ts': [],
  'nearest.ts': [],
  'errors.ts': ['printable.ts'],
  'clock.ts': [],
  'log.ts': [],
  'version.ts': [],
  'printable.ts': [],
  'mapping.ts': [],
  'namespace-name.ts': [],
  'object-name.ts': [],
  'route-name.ts': [],
  'trace-parent.ts': [],
  yaml: [],
  'compact-jws.ts': ['mapping.ts'],
  'service-account.ts': ['namespace-name.ts', 'object-name.ts'],
  'slots.ts': [],
  'identity-headers.ts': [],
  'backoff.ts': [],
  'event.ts': ['login-cause.ts', 'refusal.ts', 'route-name.ts'],
  'next-steps.ts': ['login-cause.ts', 'refusal.ts'],
  registry: ['refusal.ts', 'route-name.ts', 'subject.ts', 'redacted.ts', 'printable.ts'],
  policy: ['registry', ...LEAVES],
  credentials: ['registry', ...LEAVES],
  token: ['registry', ...LEAVES],
  control: ['credentials', ...LEAVES],
  'credential-provider': ['token', 'credentials', 'registry', ...LEAVES],
  config: ['registry', 'policy', 'token', 'credentials', ...LEAVES],
  'decision.ts': LEAVES,
  'issue-token.ts': [
    ...[...CORE, ...LEAVES, 'decision.ts', 'identify.ts', 'authorize.ts'],
    'fast-lane.ts',
  ],
  'fast-lane.ts': [...CORE, ...LEAVES, 'live-token.ts'],
  'authorize.ts': ['policy', 'registry', 'refusal.ts', 'subject.ts'],
  'identify.ts': ['credentials', 'token', ...LEAVES, 'decision.ts'],
  'check-access.ts': [
    ...[...CORE, ...LEAVES, 'decision.ts', 'live-token.ts', 'keep-tags.ts'],
    'authorize.ts',
  ],
  'keep-tags.ts': ['policy', 'registry', 'refusal.ts'],
  'list-catalog.ts': [...CORE, ...LEAVES, 'decision.ts', 'live-token.ts', 'catalog-pages.ts'],
  'live-token.ts': [...CORE, ...LEAVES, 'authorize.ts'],
  'catalog-pages.ts': ['refusal.ts'],
  adapters: [...CORE, CONTROL, ...LEAVES, ...FLOWS],
  serve: ['adapters', 'config', ...CORE, CONTROL, ...LEAVES, ...FLOWS],
  commands: [
    'serve',
    'adapters',
    'config',
    'credential-provider',
    ...CORE,
    CONTROL,
    ...LEAVES,
    ...FLOWS,
  ],
  'cli.ts': ['commands', ...LEAVES],
  'credential-provider-cli.ts': ['commands', ...LEAVES],
}

/** The one home of each third party. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  jose: ['token', 'adapters/file', 'adapters/oidc'],
  '@peculiar/x509': ['token'],
  'reflect-metadata': ['token'],
  'lru-cache': [
    ...['token', 'credentials', 'policy', 'adapters/throttle', 'adapters/kubernetes'],
    'adapters/live-view',
  ],
  re2js: ['policy'],
  ldapts: ['adapters/ldap'],
  bcrypt: ['adapters/bcrypt'],
  'rate-limiter-flexible': ['adapters/throttle'],
  '@redis/client': ['adapters/throttle'],
  zod: ['config', 'adapters/probe'],
  yaml: ['yaml', 'config', 'adapters/file', 'adapters/probe', 'adapters/kubernetes'],
  '@kubernetes/client-node/dist/auth.js': ['adapters/kubernetes'],
  '@kubernetes/client-node/dist/config.js': ['adapters/kubernetes'],
  express: ['adapters/token-http'],
  'protobufjs/minimal.js': ['adapters/ext-authz'],
  '@opentelemetry/api': ['adapters/tracing'],
  '@opentelemetry/core': ['adapters/tracing'],
  '@opentelemetry/otlp-exporter-base': ['adapters/tracing'],
  '@opentelemetry/otlp-exporter-base/node-http': ['adapters/tracing'],
  '@opentelemetry/otlp-transformer': ['adapters/tracing'],
  '@opentelemetry/resources': ['adapters/tracing'],
  '@opentelemetry/sdk-trace': ['adapters/tracing'],
  pino: ['adapters/ops'],
  'prom-client': ['adapters/ops'],
  // Of the system's parts the one by which gRPC is spoken.
  'node:http2': ['adapters/ext-authz/grpc'],
  commander: ['commands', 'cli.ts'],
}

interface Import {
  readonly from: string
  readonly to: string
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.split(path.sep).join('/'))
}

function importsOf(file: string): Import[] {
  const text = readFileSync(path.join(SOURCE, file), 'utf8')
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => ({
    from: file,
    to: fileName.startsWith('.') ? path.posix.join(path.posix.dirname(file), fileName) : fileName,
  }))
}

const files = sources(SOURCE)
const imports = files.flatMap(importsOf)
const own = imports.filter(({ to }) => files.includes(to))
const room = (file: string) => file.split('/')[0] ?? file

/** What is there once a file is loaded: neither types nor what is asked for later. */
function loadedWith(file: string, loaded = new Set<string>()): ReadonlySet<string> {
  if (loaded.has(file)) return loaded
  loaded.add(file)
  if (!files.includes(file)) return loaded
  const text = readFileSync(path.join(SOURCE, file), 'utf8')
  const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.Latest)
  for (const statement of statements) {
    const imported = ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)
    if (!imported || isOfTypes(statement)) continue
    const from = statement.moduleSpecifier
    if (from === undefined || !ts.isStringLiteral(from)) continue
    const { text: to } = from
    loadedWith(to.startsWith('.') ? path.posix.join(path.posix.dirname(file), to) : to, loaded)
  }
  return loaded
}

function isOfTypes(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(statement)) return statement.isTypeOnly
  return statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
}

describe('architecture', () => {
  it('reads the tree that it judges', () => {
    assert.ok(files.includes('check-access.ts') && own.length > 50)
  })

  it('has a row for every room', () => {
    assert.deepEqual(
      [...new Set(files.map(room))].filter((name) => ALLOWED[name] === undefined),
      [],
    )
  })

  it('imports only along the arrows', () => {
    const wrong = own.filter(
      ({ from, to }) => room(from) !== room(to) && ALLOWED[room(from)]?.includes(room(to)) !== true,
    )
    assert.deepEqual(wrong, [])
  })

  it('lets no adapter import another, nor what all share import one', () => {
    const adapter = (file: string) =>
      room(file) === 'adapters' ? path.posix.dirname(file).slice('adapters/'.length) : undefined
    const isWithin = (inner: string, outer: string) => `${inner}/`.startsWith(`${outer}/`)
    const wrong = own.filter(({ from, to }) => {
      const [a, b] = [adapter(from), adapter(to)]
      if (a === undefined || b === undefined || b === '') return false
      return a === '' || !(isWithin(a, b) || isWithin(b, a))
    })
    assert.deepEqual(wrong, [])
  })

  it('has no cycle', () => {
    const next = new Map<string, string[]>()
    for (const { from, to } of own) next.set(from, [...(next.get(from) ?? []), to])
    const done = new Set<string>()
    const visit = (file: string, trail: readonly string[]): void => {
      assert.ok(!trail.includes(file), `cycle: ${[...trail, file].join(' → ')}`)
      if (done.has(file)) return
      for (const target of next.get(file) ?? []) visit(target, [...trail, file])
      done.add(file)
    }
    for (const file of files) visit(file, [])
  })

  it('loads of the commands no more than their words until one is run', () => {
    const loaded = [...loadedWith('commands/main.ts')]
    assert.ok(loaded.includes('commands/keys/list.ts') && loaded.includes('commander'))
    const foreign = loaded.filter((file) => !files.includes(file) && !file.startsWith('node:'))
    assert.deepEqual(foreign, ['commander'])
    assert.deepEqual(
      loaded.filter((file) => /(^|\/)run-(?!program)/.test(file) || file.startsWith('config/')),
      [],
    )
    const work = [...loadedWith('commands/run-can-i.ts')]
    assert.ok(work.includes('zod'), 'a walk that finds nothing would find nothing above, too')
  })

  it('keeps each third party in its home', () => {
    const foreign = imports.filter(
      ({ to }) => (!to.startsWith('node:') || HOMES[to] !== undefined) && !files.includes(to),
    )
    const wrong = foreign.filter(
      ({ from, to }) =>
        HOMES[to]?.some((home) => from === home || from.startsWith(`${home}/`)) !== true,
    )
    assert.deepEqual(wrong, [])
  })

  it('needs nothing that only development has', () => {
    const text = readFileSync(path.join(ROOT, 'package.json'), 'utf8')
    const { dependencies } = JSON.parse(text) as { dependencies: Record<string, string> }
    const packageOf = (name: string) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? ''
    const foreign = imports.filter(({ to }) => !to.startsWith('node:') && !files.includes(to))
    assert.ok(foreign.length > 10)
    assert.deepEqual(
      foreign.filter(({ to }) => dependencies[packageOf(to)] === undefined),
      [],
    )
  })

  it('asks the system for nothing in the core', () => {
    const system = imports.filter(
      ({ from, to }) =>
        ([...CORE, CONTROL].includes(room(from)) ||
          FLOWS.includes(from) ||
          LEAVES.includes(from)) &&
        to.startsWith('node:') &&
        !['node:crypto', 'node:buffer', 'node:util'].includes(to),
    )
    assert.deepEqual(system, [])
  })
})
