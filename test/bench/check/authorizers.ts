import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { startChild, untilReady, type Child } from '../../../tools/stack/child.ts'
import { freePort, isListening } from '../../../tools/stack/ports.ts'

/** The repository, from dist/test/bench/check. */
const ROOT = path.resolve(import.meta.dirname, '../../../..')

/** An authorizer that Envoy asks over gRPC. */
export interface Authorizer {
  readonly child: Child
  readonly port: number
}

export interface TokenRules {
  /** JWK set, as JSON. */
  readonly jwks: string
  /** Where the same is. */
  readonly jwksUrl: string
  readonly issuer: string
  readonly audience: string
  readonly algorithm: string
}

/** Says yes to whatever it is asked. */
export async function startConstant(directory: string): Promise<Authorizer> {
  const port = await freePort()
  const program = path.join(import.meta.dirname, '..', 'constant-authorizer.js')
  const child = await startChild({
    ...{ name: 'constant', program: process.execPath },
    args: [program, path.join(ROOT, 'proto'), String(port)],
    logFile: path.join(directory, 'constant.log'),
  })
  await untilReady(child, () => isListening(port))
  return { child, port }
}

/** opa-envoy-plugin with a policy that decides a pull as rauth does: token, repository, action. */
export async function startOpa(
  directory: string,
  program: string,
  rules: TokenRules,
): Promise<Authorizer> {
  const [port, diagnostics] = [await freePort(), await freePort()]
  const policy = path.join(directory, 'policy.rego')
  await writeFile(policy, regoOf(rules))
  const settings = [
    `plugins.envoy_ext_authz_grpc.addr=127.0.0.1:${port}`,
    'plugins.envoy_ext_authz_grpc.path=envoy/authz/allow',
    'plugins.envoy_ext_authz_grpc.enable-reflection=false',
    'decision_logs.console=false',
  ]
  const addresses = ['--addr', `127.0.0.1:${diagnostics}`, '--diagnostic-addr', '127.0.0.1:0']
  const child = await startChild({
    ...{ name: 'opa-envoy-plugin', program },
    args: [
      ...['run', '--server', '--log-level', 'error', '--disable-telemetry', ...addresses],
      ...settings.map((setting) => `--set=${setting}`),
      policy,
    ],
    logFile: path.join(directory, 'opa.log'),
  })
  await untilReady(child, () => isListening(port))
  return { child, port }
}

function regoOf({ jwks, issuer, audience, algorithm }: TokenRules): string {
  return `package envoy.authz

import rego.v1

default allow := false

request := input.attributes.request.http

constraints := {
  "cert": ${JSON.stringify(jwks)},
  "alg": ${JSON.stringify(algorithm)},
  "iss": ${JSON.stringify(issuer)},
  "aud": ${JSON.stringify(audience)},
}

claims := payload if {
  startswith(request.headers.authorization, "Bearer ")
  [valid, _, payload] := io.jwt.decode_verify(substring(request.headers.authorization, 7, -1), constraints)
  valid
}

allow if {
  request.method in {"GET", "HEAD"}
  parts := split(request.path, "/")
  parts[1] == "v2"
  parts[count(parts) - 2] in {"manifests", "blobs"}
  name := concat("/", array.slice(parts, 2, count(parts) - 2))
  some access in claims.access
  access.type == "repository"
  access.name == name
  "pull" in access.actions
}
`
}
