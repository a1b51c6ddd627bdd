import type { Login } from '../stack/secret-manifest.ts'
import type { Stack, StackPorts } from '../stack/stack.ts'

export interface Running {
  readonly stack: Stack
  readonly ports: StackPorts
  readonly logins: ReadonlyMap<string, Login>
  /** Folder of the state, as a person would type it. */
  readonly directory: string
  readonly registryAuth: boolean
  readonly fastLane: boolean
}

/** The facts of a running quick start, for programs: `.rauth/quickstart.json`. */
export function quickstartFacts({ stack, ports, logins, registryAuth, fastLane }: Running): object {
  return {
    registry: stack.registry,
    realm: stack.realm,
    service: stack.service,
    upstream: `127.0.0.1:${ports.registry}`,
    ...{ registryAuth, fastLane },
    namespaces: [...logins].map(([namespace, login]) => ({ namespace, ...login })),
    config: stack.config,
    ports,
  }
}

/** The same facts for a person, each command ready to paste. */
export function welcome({
  stack,
  ports,
  logins,
  directory,
  registryAuth,
  fastLane,
}: Running): string {
  const { registry } = stack
  const [own = '', other = ''] = logins.keys()
  const login = (namespace: string, client = 'docker') => {
    const { username, password } = logins.get(namespace) ?? { username: '', password: '' }
    const words = `echo ${quoted(password)} | ${client} login ${registry} -u ${quoted(username)}`
    return `  ${words} --password-stdin`
  }
  // Each a layer of its own, so that one can't be the other's.
  const fileOf = (namespace: string) => (namespace === own ? 'README.md' : 'LICENSE')
  const push = (namespace: string) => [
    `  tar c ${fileOf(namespace)} | docker import - ${registry}/${namespace}/app:v1`,
    `  docker push ${registry}/${namespace}/app:v1`,
  ]
  const append = (namespace: string) =>
    `  tar c ${fileOf(namespace)} | crane append -f - -t ${registry}/${namespace}/app:v1`
  return [
    '',
    `rauth is up. Registry: ${registry}`,
    fastLane
      ? 'Envoy lets reads by digest pass that their token opens, and asks rauth about all else;'
      : 'Envoy asks rauth about every request;',
    registryAuth ? 'the registry checks the tokens again.' : 'the registry itself checks nothing.',
    '',
    `Log in as ${other} and push an image:`,
    login(other),
    ...push(other),
    '',
    `Log in as ${own}, push and pull:`,
    login(own),
    ...push(own),
    `  docker pull ${registry}/${own}/app:v1`,
    '',
    `Still as ${own}, try for ${other}'s image. It is denied:`,
    `  docker pull ${registry}/${other}/app:v1`,
    '',
    'Any other client works as well. This is plain HTTP: podman, buildah and skopeo need',
    '--tls-verify=false for it, and helm needs --plain-http. All that with crane, which need not',
    'be there yet:',
    '  alias crane="$(npm run -s parts -- crane | cut -f2)"',
    ...[login(other, 'crane auth'), append(other)],
    ...[login(own, 'crane auth'), append(own)],
    `  crane validate --remote ${registry}/${own}/app:v1`,
    `  crane catalog ${registry}`,
    `  crane manifest ${registry}/${other}/app:v1`,
    `The catalog has what ${own} may see; the last is denied.`,
    '',
    `What rauth decides, and why: http://localhost:${ports.operations}/live/`,
    `Logs: ${directory}/logs/   Facts for programs: ${directory}/quickstart.json`,
    'Ctrl-C stops it all.',
    '',
  ].join('\n')
}

/** A word as a shell takes it. */
function quoted(text: string): string {
  return /^[\w.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
