import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, stop } from 'esbuild'

const ROOT = path.resolve(import.meta.dirname, '..')

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

/** What both programs are made with. */
const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  // Not minified: stack traces stay readable, and so does what a reviewer installs.
  legalComments: 'inline',
  metafile: true,
  logLevel: 'silent',
}

/**
 * Makes dist/rauth.js: the whole program in one file, which starts three times as fast as its parts
 * out of node_modules and needs none of them. And dist/rauth-credential-provider.cjs, the one command that
 * nodes run; with a NAME.meta.json of each, which tells what it is made of. Throws with esbuild's own words
 * when it cannot.
 */
export async function bundle() {
  const outfile = path.join(ROOT, 'dist', 'rauth.js')
  const provider = path.join(ROOT, 'dist', 'rauth-credential-provider.cjs')
  await makeProgram({
    entryPoints: ['src/cli.ts'],
    outfile,
    format: 'esm',
    // A library of machine code, one for each platform: it stays where npm puts it, and is asked for
    // only where a Secret has a bcrypt hash.
    // And one that is nobody's dependency: `debug` colours with it where it happens to be, as it is here
    // for a tool of ours.
    external: ['bcrypt', 'supports-color'],
    plugins: [WITHOUT_GENERATED_CLIENT, WITHOUT_URL_PARSER, WITH_PAGE_FILES],
    banner: { js: PREAMBLE },
  })
  await makeProgram({
    entryPoints: ['src/credential-provider-cli.ts'],
    outfile: provider,
    // Nodes have it under a name without an extension, which Node takes for CommonJS.
    format: 'cjs',
  })
  // Its helper process would stay for as long as we run.
  await stop()
  return outfile
}

async function makeProgram(options) {
  const { metafile } = await build({ ...COMMON, ...options })
  const { dir, name } = path.parse(options.outfile)
  await chmod(options.outfile, 0o755)
  await writeFile(path.join(dir, `${name}.meta.json`), JSON.stringify(metafile))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle()
