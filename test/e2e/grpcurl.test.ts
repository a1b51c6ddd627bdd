import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { installParts } from '../../tools/parts/install.ts'
import { fetchToken } from '../support/http.ts'
import { run } from '../support/run.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** The repository, from dist/test/e2e. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

interface CheckAnswer {
  readonly status?: { readonly code?: number; readonly message?: string }
  readonly okResponse?: {
    readonly headers?: readonly {
      readonly header: { readonly key: string; readonly value: string }
    }[]
  }
  readonly deniedResponse?: {
    readonly status?: { readonly code?: string }
    readonly headers?: readonly {
      readonly header: { readonly key: string; readonly value: string }
    }[]
    readonly body?: string
  }
}

/** Another gRPC client than Envoy, from the same protocol files: what any proxy could send. */
describe('the gateway asked by grpcurl', () => {
  let stack: Stack
  let grpcurl: string
  before(async () => {
    ;({ grpcurl } = await installParts(['grpcurl']))
    stack = await startStack({ registry: '3', registryAuth: false, envoy: true })
  })
  after(() => stack.stop())

  const call = (proto: readonly [folder: string, file: string], method: string, data: object) =>
    run(grpcurl, [
      ...['-plaintext', '-max-time', '5'],
      ...['-import-path', path.join(ROOT, proto[0]), '-proto', proto[1]],
      ...['-d', JSON.stringify(data), `127.0.0.1:${stack.gateway}`, method],
    ])

  async function check(http: object): Promise<CheckAnswer> {
    const answer = await call(
      ['proto', 'envoy/service/auth/v3/external_auth.proto'],
      'envoy.service.auth.v3.Authorization/Check',
      { attributes: { request: { http } } },
    )
    assert.equal(answer.code, 0, answer.output)
    return JSON.parse(answer.stdout) as CheckAnswer
  }

  it('says that it serves (grpc.health.v1)', async () => {
    for (const service of ['', 'envoy.service.auth.v3.Authorization']) {
      const answer = await call(
        ['node_modules/grpc-health-check/proto', 'health/v1/health.proto'],
        'grpc.health.v1.Health/Check',
        { service },
      )
      assert.equal(answer.code, 0, answer.output)
      assert.deepEqual(JSON.parse(answer.stdout), { status: 'SERVING' })
    }
  })

  it('allows what the token holds, and says who asked', async () => {
    const scope = 'repository:team-a/app:pull'
    const token = await fetchToken(stack.token, stack.login('team-a'), stack.service, scope)
    const authorization = `Bearer ${token}`
    const allowed = await check({
      ...{ method: 'GET', path: '/v2/team-a/app/manifests/v1', headers: { authorization } },
    })
    assert.equal(allowed.status?.code ?? 0, 0)
    assert.deepEqual(
      allowed.okResponse?.headers?.map(({ header }) => [header.key, header.value]),
      [
        ['x-rauth-account', 'team-a'],
        ['x-rauth-namespace', 'team-a'],
      ],
    )
    const raw = Buffer.from(authorization).toString('base64')
    const other = await check({
      ...{ method: 'GET', path: '/v2/team-b/app/manifests/v1' },
      header_map: { headers: [{ key: 'authorization', raw_value: raw }] },
    })
    assert.equal(other.status?.code, 7)
    assert.equal(other.deniedResponse?.status?.code, 'Forbidden')
    assert.match(other.deniedResponse.body ?? '', /"code":"DENIED".*"reason":"access_denied"/)
  })

  it('denies a request of which it is told nothing', async () => {
    for (const http of [{}, { method: 'GET' }, { path: '/v2/' }, { method: 'GET', path: '/v2/' }]) {
      const answer = await check(http)
      assert.notEqual(answer.status?.code ?? 0, 0, JSON.stringify(http))
      assert.ok(answer.deniedResponse)
    }
  })
})
