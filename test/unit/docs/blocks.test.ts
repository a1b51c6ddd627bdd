import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { allPages, ROOT, type Block } from '../../support/pages.ts'

/**
 * Each block of code in the pages, and what holds it. `yaml` and `json` are judged by files.test.ts, whatever they are;
 * every `sh` is at least read by commands.test.ts, as a shell and as rauth read it.
 */
const JUDGED_BY_LANGUAGE: readonly string[] = ['yaml', 'json']

/** A page, or a section of one as `page#heading` → the test that does what stands there. */
const DONE: Readonly<Record<string, string>> = {
  'README.md#Try it': 'test/e2e/start.test.ts',
  'README.md#On a machine': 'test/integration/readme.test.ts',
  'README.md#In a cluster': 'test/e2e/chart/install.test.ts',
  'charts/rauth/README.md#rauth': 'test/e2e/chart/install.test.ts',
  'docs/audit.md#Looking things up': 'test/integration/audit-queries.test.ts',
  'docs/cli.md': 'test/integration/cli-docs.test.ts',
  'docs/controller.md': 'test/e2e/kubernetes/controller/walk-through.test.ts',
  'docs/deploy/envoy-gateway.md': 'test/e2e/deploy/objects.test.ts',
  'docs/deploy/ingress-nginx.md': 'test/e2e/deploy/objects.test.ts',
  'docs/deploy/istio.md': 'test/e2e/deploy/objects.test.ts',
  'docs/deploy/no-proxy.md': 'test/e2e/deploy/objects.test.ts',
  'docs/deploy/traefik.md': 'test/e2e/deploy/objects.test.ts',
  'docs/health.md': 'test/unit/adapters/ops/health.test.ts',
  'docs/keys.md': 'test/integration/readme.test.ts',
  'docs/kubernetes.md': 'test/e2e/kubernetes/walk-through.test.ts',
  'docs/metrics.md#Questions': 'test/e2e/prometheus/rules.test.ts',
  'docs/quickstart-kubernetes.md': 'test/e2e/pages/quickstart.ts',
  'docs/tasks/backup.md': 'test/e2e/pages/backup.ts',
  'docs/tasks/emergency-revocation.md': 'test/e2e/pages/emergency-revocation.ts',
  'docs/tasks/key-rotation.md': 'test/e2e/pages/key-rotation.ts',
  'docs/tasks/moving-from-docker-auth.md': 'test/e2e/pages/moving.test.ts',
  'docs/tasks/moving-from-htpasswd.md': 'test/e2e/pages/moving.test.ts',
  'docs/tasks/upgrade.md': 'test/e2e/pages/upgrade.ts',
  'docs/troubleshooting.md': 'test/integration/readme.test.ts',
  'docs/workers.md': 'test/integration/workers.test.ts',
  'kustomize/README.md': 'test/e2e/chart/kustomize.test.ts',
}

/** Sections whose commands nobody does as they stand there → why, or what does nearly the same. */
const READ_ONLY: Readonly<Record<string, string>> = {
  'CONTRIBUTING.md#Contributing': 'it is what runs the tests',
  'README.md#Ask why': 'docs/cli.md has the same commands with what they print',
  'charts/rauth/README.md#A change that does not fit':
    'test/e2e/chart/install.test.ts reads that log',
  'charts/rauth/README.md#Keys': 'test/e2e/kubernetes/key-secrets.test.ts rotates and prunes there',
  'charts/rauth/README.md#What runs': 'kustomize/README.md does the same',
  'docs/cli.md#completion': 'test/integration/completion.test.ts has shells take what it prints',
  'docs/alerts.md#Alerts, and what to do': 'it wants nodes',
  'docs/conformance.md#Conformance of token servers': 'it wants a server of the reader',
  'docs/docker-auth.md#Coming from docker_auth':
    'docs/tasks/moving-from-docker-auth.md does the same',
  'docs/identity.md#ServiceAccounts of Kubernetes': 'docs/quickstart-kubernetes.md does the same',
  'docs/identity.md#Identity tokens (OIDC)': 'it wants a job of GitHub',
  'docs/image.md#The image': 'test/e2e/image.test.ts follows the Dockerfile',
  'docs/image.md#Bill of materials': 'it wants docker build',
  'docs/image.md#Publish': 'it wants a registry of the reader, and its key',
  'docs/kubelet.md#Set it up':
    'flags, which test/support/kubelet.ts gives to the code of the kubelet',
  'docs/kubelet.md#Whether it works':
    'test/e2e/kubernetes/credential-provider.test.ts asks the program the same',
  'docs/live-view.md#Live view': 'it wants nodes',
  'docs/live-view.md#Who sees it': 'test/e2e/live-view.test.ts asks with a token',
  'docs/logs.md#While it runs': 'it wants nodes; test/integration/logs.test.ts sends the signal',
}

/** Texts that are no commands and no files → what they are. */
const TEXTS: Readonly<Record<string, string>> = {
  'CONTRIBUTING.md#The house': 'the order of src/',
  'charts/rauth/README.md#A change that does not fit': 'what check-config says',
  'docs/architecture.md#The rooms': 'the order of src/',
  'docs/audit.md#Where it goes': "logrotate's",
  'docs/logs.md#The log': 'lines of a log',
  'docs/operations.md#Reload': 'lines of a log',
  'test/corpus/README.md#The corpus': 'the form of a line',
}

const SHELL: readonly string[] = ['sh', 'console', 'promql']

const BLOCKS = allPages().flatMap(({ file, blocks }) =>
  blocks
    .filter(({ language }) => !JUDGED_BY_LANGUAGE.includes(language))
    .map((block) => ({ file, section: `${file}#${block.heading}`, block })),
)

/** Where a block stands in one of the tables. */
function rowOf({ file, section, block }: { file: string; section: string; block: Block }) {
  const shell = SHELL.includes(block.language)
  const tables = shell ? [DONE, READ_ONLY] : [TEXTS]
  const rows = tables.flatMap((table) => [section, file].filter((key) => key in table))
  // What is said of a section counts there, and not what is said of its page.
  return rows.includes(section) ? rows.filter((row) => row === section) : rows
}

describe('the blocks of code in the pages', () => {
  for (const one of BLOCKS) {
    it(`${one.block.place} is held by something, or known not to be`, () => {
      const { language } = one.block
      assert.ok(
        rowOf(one).length === 1,
        `${one.section}: ${language || 'text'} that is in ${rowOf(one).length} tables of blocks.test.ts: run it in a test, and name that here`,
      )
    })
  }

  it('are all that the tables name', () => {
    const found = new Set(BLOCKS.flatMap(({ file, section }) => [file, section]))
    const rows = [DONE, READ_ONLY, TEXTS].flatMap((table) => Object.keys(table))
    assert.deepEqual(
      rows.filter((row) => !found.has(row)),
      [],
    )
  })

  it('are done by tests that name their page', () => {
    for (const [row, test] of Object.entries(DONE)) {
      const text = readFileSync(path.join(ROOT, test), 'utf8')
      const [file = ''] = row.split('#')
      const name = path.basename(file, '.md')
      assert.ok(text.includes(file) || text.includes(`'${name}'`), `${test}: ${file}`)
    }
    for (const why of Object.values(READ_ONLY)) {
      for (const [test] of why.matchAll(/\b(?:test|docs|kustomize)\/[\w./-]+\.(?:ts|md)\b/g)) {
        assert.ok(existsSync(path.join(ROOT, test)), test)
      }
    }
  })
})
