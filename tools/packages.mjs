import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { performance } from 'node:perf_hooks'

const ROOT = path.resolve(import.meta.dirname, '..')

/**
 * Installs the npm packages unless node_modules is what package-lock.json asks for. npm's own record
 * of what it installed is the stamp: it is written last, and also by an `npm install` of the user's.
 */
export async function installPackages(report) {
  const difference = packageDifference(
    readJson(path.join(ROOT, 'package-lock.json')),
    readJson(path.join(ROOT, 'node_modules', '.package-lock.json')),
  )
  if (difference === undefined) return
  report(`npm packages: installing (${difference})`)
  const begin = performance.now()
  // In production mode npm would leave the compiler out.
  const { status, error, stdout, stderr } = spawnSync('npm', ['ci', '--include=dev'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (status !== 0) {
    const why = error === undefined ? `${stdout}${stderr}`.trim() : error.message
    throw Object.assign(
      new Error(`${why}\nnpm packages could not be installed; next: run npm ci in ${ROOT}`),
      { expected: true },
    )
  }
  report(`npm packages: ready in ${((performance.now() - begin) / 1000).toFixed(1)} s`)
}

/** Why the installed packages are not the wanted ones, or undefined when they are. */
function packageDifference(wanted, installed) {
  if (wanted === undefined) return undefined
  if (installed === undefined) return 'first run'
  for (const [name, { version, integrity, optional }] of Object.entries(wanted.packages)) {
    if (name === '') continue
    const found = installed.packages[name]
    // Optional ones are for other platforms.
    if (found === undefined && optional === true) continue
    if (found?.version !== version || found.integrity !== integrity) {
      return `${name.replace(/^.*node_modules\//, '')} ${version} is new`
    }
  }
  return undefined
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
