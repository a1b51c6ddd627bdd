import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, stop } from 'esbuild'

const ROOT = path.resolve(import.meta.dirname, '..')
const DIST = path.join(ROOT, 'dist')

/**
 * CommonJS dependencies ask for `require`, `__filename` and `__dirname`, which an ES module lacks.
 * The long names are ours alone: dependencies declare short ones at the top level too.
 */
const PREAMBLE = [
  "import { createRequire as rauthBundleCreateRequire } from 'node:module'",
  "import { fileURLToPath as rauthBundlePath } from 'node:url'",
  'const require = rauthBundleCreateRequire(import.meta.url)',
  'const __filename = rauthBundlePath(import.meta.url)',
  "const __dirname = rauthBundlePath(new URL('.', import.meta.url))",
].join('\n')

/**
 * Of client-node rauth needs how a kubeconfig is read. That imports the client of the whole Kubernetes
 * API, 0.8 MB of generated code, for one method that rauth does not call.
 */
const WITHOUT_GENERATED_CLIENT = {
  name: 'without the generated client',
  setup(build) {
    build.onLoad({ filter: /@kubernetes\/client-node\/dist\/gen\/index\.js$/ }, () => ({
      contents: 'export const createConfiguration = undefined, ServerConfiguration = undefined',
    }))
  },
}

/**
 * node-fetch brings a URL parser for a Node that has none. It imports `punycode`, of which Node 21 and newer
 * warn at each start.
 */
const WITHOUT_URL_PARSER = {
  name: 'without a parser of URLs',
  setup(build) {
    build.onLoad({ filter: /\/whatwg-url\/lib\/public-api\.js$/ }, () => ({
      contents: 'exports.URL = URL',
    }))
  },
}

/** The files of the live view's page, which lie beside the module that reads them and here are inside it. */
const WITH_PAGE_FILES = {
  name: 'with the files of the page',
  setup(build) {
    build.onLoad({ filter: /\/live-view\/page-files\.ts$/ }, async ({ path: file }) => {
      const folder = path.join(path.dirname(file), 'page')
      const names = (await readdir(folder)).sort()
      const texts = await Promise.all(
        names.map(async (name) => [name, await readFile(path.join(folder, name), 'utf8')]),
      )
      const contents = [
        `const TEXTS = ${JSON.stringify(Object.fromEntries(texts), undefined, 2)}`,
        'export const PAGE_FILES = Object.keys(TEXTS)',
        'export const readPageFile = (name) => TEXTS[name]',
      ].join('\n')
      return { contents, watchFiles: names.map((name) => path.join(folder, name)) }
    })
  },
}

/**
 * What is loaded together, where one of it is asked for by `import()`: files below src that export different names.
 * Each file that a start opens costs as much time as 50 kB in it, and esbuild makes one of all that the same ones
 * of these need: with an entry for each command a start of `rauth serve` opens 130 of them.
 */
const TOGETHER = {
  serve: ['commands/run-serve.ts', 'serve/workers/primary.ts', 'serve/workers/worker.ts'],
  token: ['serve/token-service.ts', 'adapters/token-http/server.ts'],
  gateway: [
    'serve/gateway.ts',
    'adapters/ext-authz/grpc-server.ts',
    'adapters/ext-authz/http-server.ts',
  ],
  kubernetes: [
    'adapters/kubernetes/cluster.ts',
    'adapters/kubernetes/cluster-access.ts',
    'adapters/kubernetes/secret-store.ts',
    'adapters/kubernetes/token-review.ts',
    'adapters/kubernetes/cluster-keys.ts',
    'adapters/kubernetes/access-review.ts',
    'commands/run-controller.ts',
    'commands/run-rotate.ts',
  ],
  tracing: ['adapters/tracing/collector.ts', 'adapters/tracing/tracing.ts'],
  making: ['adapters/file/keys/key-maker.ts', 'adapters/file/keys/key-rotation.ts'],
  asking: [
    'commands/run-can-i.ts',
    'commands/run-check-config.ts',
    'commands/run-decode.ts',
    'commands/run-doctor.ts',
    'commands/run-explain.ts',
    'commands/keys/run-bundle.ts',
    'commands/keys/run-init.ts',
    'commands/keys/run-jwks.ts',
    'commands/keys/run-list.ts',
    'commands/keys/run-public.ts',
    'commands/keys/run-rotate.ts',
    'commands/migrate/run-docker-auth.ts',
    'commands/migrate/run-htpasswd.ts',
    'commands/policy/run-lint.ts',
    'commands/policy/run-test.ts',
    'commands/secret/run-create.ts',
    'config/json-schema.ts',
  ],
}

const IN_GROUPS = {
  name: 'what is loaded together',
  setup(build) {
    const source = path.join(ROOT, 'src')
    const groups = Object.entries(TOGETHER)
    build.onResolve({ filter: /^\.\.?\// }, ({ kind, path: wanted, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined
      const file = path.relative(source, path.join(resolveDir, wanted))
      const group = groups.find(([, files]) => files.includes(file))
      return group && { path: group[0], namespace: 'together' }
    })
    build.onLoad({ filter: /./, namespace: 'together' }, ({ path: name }) => ({
      contents: TOGETHER[name].map((file) => `export * from './${file}'`).join('\n'),
      resolveDir: source,
    }))
  },
}

/** What both programs are made with. */
const COMMON = {
  absWorkingDir: ROOT,
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  // Not minified: stack traces stay readable, and so does what a reviewer installs.
  legalComments: 'inline',
  metafile: true,
  logLevel: 'silent',
}

/**
 * Makes dist/rauth.js and the folder dist/rauth of what its commands load, each only its own: so it starts three
 * times as fast as in one file, which starts three times as fast as its parts out of node_modules, and needs
 * none of them. And dist/rauth-credential-provider.cjs, the one command that nodes run; with a NAME.meta.json of
 * each, which tells what it is made of. Throws with esbuild's own words when it cannot.
 */
export async function bundle() {
  await makeProgram('rauth.js', {
    entryPoints: { rauth: 'src/cli.ts' },
    format: 'esm',
    splitting: true,
    chunkNames: 'rauth/[name]-[hash]',
    // A library of machine code, one for each platform: it stays where npm puts it, and is asked for
    // only where a Secret has a bcrypt hash.
    // And one that is nobody's dependency: `debug` colours with it where it happens to be, as it is here
    // for a tool of ours.
    external: ['bcrypt', 'supports-color'],
    plugins: [IN_GROUPS, WITHOUT_GENERATED_CLIENT, WITHOUT_URL_PARSER, WITH_PAGE_FILES],
    banner: { js: PREAMBLE },
  })
  await makeProgram('rauth-credential-provider.cjs', {
    entryPoints: { 'rauth-credential-provider': 'src/credential-provider-cli.ts' },
    outExtension: { '.js': '.cjs' },
    // Nodes have it under a name without an extension, which Node takes for CommonJS.
    format: 'cjs',
  })
  // Its helper process would stay for as long as we run.
  await stop()
}

async function makeProgram(file, options) {
  const { metafile } = await build({ ...COMMON, ...options })
  const { name } = path.parse(file)
  await chmod(path.join(DIST, file), 0o755)
  await removeStale(path.join(DIST, name), Object.keys(metafile.outputs))
  await writeFile(path.join(DIST, `${name}.meta.json`), JSON.stringify(metafile))
}

/** What an earlier bundle left in the folder: names tell the content, so nothing writes over it. */
async function removeStale(folder, outputs) {
  const made = new Set(outputs.map((file) => path.basename(file)))
  const names = await readdir(folder).catch(() => [])
  const stale = names.filter((name) => !made.has(name))
  await Promise.all(stale.map((name) => rm(path.join(folder, name))))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle()
