import { basic } from '../support/http.ts'
import { startStack } from '../support/stack.ts'
import { load } from './load.ts'
import { spread } from './statistics.ts'

/** `/token` straight at rauth: an HMAC for the password, a policy decision and an ES256 signature. */
export async function benchToken(): Promise<readonly string[]> {
  const stack = await startStack({ registry: '3', registryAuth: false, envoy: true, quiet: true })
  try {
    const { username, password } = stack.login('team-a')
    const request =
      `GET /token?service=${stack.service}&scope=repository:team-a/app:pull HTTP/1.1\r\n` +
      `Host: localhost\r\nAuthorization: ${basic(username, password)}\r\n\r\n`
    const options = { port: stack.token, request, connections: 16 }
    const warm = await load({ ...options, seconds: 2 })
    if (Object.keys(warm.statuses).join() !== '200') {
      throw new Error(`/token answered ${JSON.stringify(warm.statuses)}`)
    }
    const rounds = []
    for (let round = 0; round < 3; round += 1) rounds.push(await load({ ...options, seconds: 4 }))
    return [
      `requests/s  ${spread(rounds.map(({ perSecond }) => perSecond))}`,
      `p50 ms      ${spread(
        rounds.map(({ p50 }) => p50),
        1,
      )}`,
      `p99 ms      ${spread(
        rounds.map(({ p99 }) => p99),
        1,
      )}`,
    ]
  } finally {
    await stack.stop()
  }
}
