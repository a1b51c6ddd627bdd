import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { installParts } from '../../tools/parts/install.ts'
import { homeWith, type Client, type IdentityToken, type Login } from './clients.ts'
import { run, runOrThrow } from './run.ts'

const PLAIN_HTTP = '--plain-http'

/**
 * helm, for which an image is a chart: the last part of the repository is its name and the tag, which
 * must be a semantic version, is its version.
 */
export async function helmClient(registry: string, login?: Login | IdentityToken): Promise<Client> {
  const { helm: program } = await installParts(['helm'])
  const home = await homeWith(registry, login)
  const file = (name: string) => path.join(home, name)
  const env = {
    ...{ HOME: home, DOCKER_CONFIG: home, HELM_REGISTRY_CONFIG: file('config.json') },
    ...{ HELM_CONFIG_HOME: file('helm-config'), HELM_CACHE_HOME: file('helm-cache') },
    ...{ HELM_DATA_HOME: file('helm-data') },
  }
  const helm = (...args: readonly string[]) => run(program, args, { env })
  return {
    name: 'helm',
    login: ({ username, password }) => {
      const args = ['registry', 'login', registry, PLAIN_HTTP, '-u', username, '--password-stdin']
      return run(program, args, { env, input: password })
    },
    async push(content, reference) {
      const { parent, name, version } = chartOf(reference)
      const work = await mkdtemp(file('chart-'))
      await mkdir(path.join(work, name))
      const chart = { apiVersion: 'v2', name, version, description: content }
      await writeFile(path.join(work, name, 'Chart.yaml'), JSON.stringify(chart))
      await runOrThrow(program, ['package', path.join(work, name), '-d', work], { env })
      return helm('push', path.join(work, `${name}-${version}.tgz`), parent, PLAIN_HTTP)
    },
    async pull(reference) {
      const { parent, name, version } = chartOf(reference)
      const folder = await mkdtemp(file('pulled-'))
      return helm('pull', `${parent}/${name}`, '--version', version, '-d', folder, PLAIN_HTTP)
    },
    remove: () => rm(home, { recursive: true, force: true }),
  }
}

function chartOf(reference: string) {
  const [, parent = '', name = '', version = ''] = /^(.+)\/([^/:]+):(.+)$/.exec(reference) ?? []
  return { parent: `oci://${parent}`, name, version }
}
