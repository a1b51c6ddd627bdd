import { Client, credentials } from '@grpc/grpc-js'
import { secretManifest } from '../../tools/stack/secret-manifest.ts'
import { CHECK, type WireResponse } from '../support/check-messages.ts'
import { fetchToken } from '../support/http.ts'
import { ownIssuer } from '../support/own-token.ts'
import { startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'
import { residentMemory } from '../support/process-figures.ts'

const NAMESPACES = 10_000
const TOKENS = 100_000
/** What they are for. */
const REPOSITORIES = 10_000
/** Checks that are under way at a time. */
const AT_ONCE = 32
/** Milliseconds. */
const LOADED_LIMIT = 120_000

/** Memory of `rauth serve`, bundled: of itself, with very many namespaces, and with very many tokens. */
export async function benchMemory(): Promise<readonly string[]> {
  const stack = await startStack({
    ...{ registry: '3', registryAuth: false, envoy: false, quiet: true },
    // It asks with a password that is not known yet until it is.
    environment: { RAUTH_GUESSING_FAILURES: '0', RAUTH_GUESSING_PER_NETWORK: '0' },
  })
  const client = new Client(`127.0.0.1:${stack.gateway}`, credentials.createInsecure())
  try {
    const lines = [figure('ready', stack.rauthPid())]
    const login = (i: number) => ({ username: `ns-${i}`, password: `a long random text ${i}` })
    for (let i = 0; i < NAMESPACES; i += 1) {
      await stack.writeSecret(`ns-${i}`, secretManifest(`ns-${i}`, login(i)))
    }
    await until('the last namespace can log in', LOADED_LIMIT, () =>
      fetchToken(stack.token, login(NAMESPACES - 1), stack.service, '').then(
        () => true,
        () => false,
      ),
    )
    lines.push(figure(`${NAMESPACES} namespaces`, stack.rauthPid()))

    const sign = await ownIssuer(stack)
    let next = 0
    async function work(): Promise<void> {
      while (next < TOKENS) {
        const id = `c0ffee00-0000-4000-8000-${String((next += 1)).padStart(12, '0')}`
        const name = `team-a/app-${next % REPOSITORIES}`
        const access = [{ type: 'repository', name, actions: ['pull'] }]
        const issuedAt = Math.floor(Date.now() / 1000)
        await checkAllowed(client, name, await sign({ id, issuedAt, access }))
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    lines.push(figure(`and ${TOKENS} tokens for ${REPOSITORIES} repositories`, stack.rauthPid()))
    return lines
  } finally {
    client.close()
    await stack.stop()
  }
}

function figure(what: string, pid: number): string {
  return `RSS MiB ${residentMemory(pid).toFixed(0).padStart(4)}  ${what}`
}

function checkAllowed(client: Client, name: string, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` }
  const http = { method: 'GET', path: `/v2/${name}/manifests/v1`, headers }
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      CHECK.path,
      (message: object) => CHECK.requestSerialize(message),
      (bytes): WireResponse => CHECK.responseDeserialize(bytes),
      { attributes: { request: { http } } },
      (error, response) => {
        if (error !== null) reject(error)
        else if (response?.ok_response === undefined) reject(new Error(JSON.stringify(response)))
        else resolve()
      },
    )
  })
}
