import type { Login } from '../stack/secret-manifest.ts'
import type { Stack, StackPorts } from '../stack/stack.ts'

export interface Running {
  readonly stack: Stack
  readonly ports: StackPorts
  readonly logins: ReadonlyMap<string, Login>
  /** Folder of the state, as a person would type it. */
  readonly directory: string
  readonly registryAuth: boolean
}

/** The facts of a running quick start, for programs: `.rauth/quickstart.json`. */
export function quickstartFacts({ stack, ports, logins, registryAuth }: Running): object {
  return {
    registry: stack.registry,
    realm: stack.realm,
    service: stack.service,
    upstream: `127.0.0.1:${ports.registry}`,
    registryAuth,
    namespaces: [...logins].map(([namespace, login]) => ({ namespace, ...login })),
    config: stack.config,
    ports,
  }
}

/** The same facts for a person, each command ready to paste. */
export function welcome({ stack, logins, directory, registryAuth }: Running): string {
  const { registry } = stack
  const [own = '', other = ''] = logins.keys()
  const login = [...logins].map(
    ([, { username, password }]) =>
      `  echo ${password} | docker login ${registry} -u ${username} --password-stdin`,
  )
  return [
    '',
    `rauth is up. Registry: ${registry}`,
    registryAuth
      ? 'Envoy asks rauth about every request, and the registry checks the tokens again.'
      : 'Envoy asks rauth about every request; the registry itself checks nothing.',
    '',
    'Log in, as one namespace or the other:',
    ...login,
    '',
    `Push and pull, as ${own}:`,
    `  tar c README.md | docker import - ${registry}/${own}/app:v1`,
    `  docker push ${registry}/${own}/app:v1`,
    `  docker pull ${registry}/${own}/app:v1`,
    '',
    `And what ${own} may not:`,
    `  docker pull ${registry}/${other}/app:v1`,
    '',
    `Any other client works as well (podman and skopeo need --tls-verify=false: this is plain HTTP).`,
    `Logs: ${directory}/logs/   Facts for programs: ${directory}/quickstart.json`,
    'Ctrl-C stops it all.',
    '',
  ].join('\n')
}
