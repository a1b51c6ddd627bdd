import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { installParts } from '../../tools/parts/install.ts'
import type { Login } from '../../tools/stack/secret-manifest.ts'
import type { Engine } from './engine.ts'
import { imageTarball } from './image.ts'
import { run, type RunResult } from './run.ts'

export type DockerCommand = 'docker20' | 'docker28'

/** The docker command line of one user: a home of its own, on an engine that others use as well. */
export interface DockerClient {
  docker(...args: readonly string[]): Promise<RunResult>
  login(registry: string, login: Login): Promise<RunResult>
  /** Gives the engine the one-layer image that `content` makes, under this name, and pushes it. */
  push(content: string, reference: string): Promise<RunResult>
  /** Pulls what the engine is made to forget before. */
  pull(reference: string): Promise<RunResult>
  /** What a login has left for this registry. */
  kept(registry: string): Promise<Readonly<Record<string, string>> | undefined>
  remove(): Promise<void>
}

export async function dockerClient(command: DockerCommand, engine: Engine): Promise<DockerClient> {
  const { [command]: program } = await installParts([command])
  const home = await mkdtemp(path.join(os.tmpdir(), 'rauth-docker-'))
  const env = {
    ...{ HOME: home, DOCKER_CONFIG: home, DOCKER_HOST: `unix://${engine.socket}` },
    // What people set for their own work.
    ...{ DOCKER_CONTEXT: '', DOCKER_TLS_VERIFY: '', DOCKER_CONTENT_TRUST: '' },
  }
  const docker = (...args: readonly string[]) => run(program, args, { env })
  return {
    docker,
    login: (registry, { username, password }) =>
      run(program, ['login', '--username', username, '--password-stdin', registry], {
        ...{ env, input: password },
      }),
    async push(content, reference) {
      const loaded = await docker('load', '--input', await imageTarball(home, content, reference))
      return loaded.code === 0 ? docker('push', reference) : loaded
    },
    async pull(reference) {
      await docker('rmi', reference)
      return docker('pull', reference)
    },
    async kept(registry) {
      const config = JSON.parse(await readFile(path.join(home, 'config.json'), 'utf8')) as {
        auths?: Record<string, Record<string, string>>
      }
      return config.auths?.[registry]
    },
    remove: () => rm(home, { recursive: true, force: true }),
  }
}
