import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startChecking } from '../../support/checking.ts'
import { fetchToken } from '../../support/http.ts'
import { SERVICE, startServing } from '../../support/serving.ts'

const LOGINS = ['team-a', 'team-b'].map((username) => ({ username, password: `of ${username}` }))
const ROUNDS = 5
/** Milliseconds. */
const PATIENCE = 60_000

/** Envoy opens a connection a worker, and more when its streams are used up. */
describe('checks of the bundled program', () => {
  for (const count of [1, 100]) {
    it(`are right over ${count} connections at once`, async () => {
      const serving = await startServing({ logins: LOGINS })
      const connections = Array.from({ length: count }, () =>
        startChecking(serving.gateway, PATIENCE),
      )
      try {
        const tokens = await Promise.all(
          LOGINS.map((login) =>
            fetchToken(serving.token, login, SERVICE, `repository:${login.username}/app:pull`),
          ),
        )
        const asked = connections.flatMap((connection, i) => {
          const [own, other] = i % 2 === 0 ? ['team-a', 'team-b'] : ['team-b', 'team-a']
          const path = (namespace: string | undefined) => `/v2/${namespace}/app/manifests/v1`
          const token = tokens[i % 2]
          return Array.from({ length: ROUNDS }, () => [
            connection.check({ method: 'GET', path: path(own), token }),
            connection.check({ method: 'GET', path: path(other), token }),
            connection.check({ method: 'GET', path: path(own) }),
          ]).flat()
        })
        const answers = await Promise.all(asked)
        const right = Array.from({ length: count * ROUNDS }, () => [200, 403, 401]).flat()
        assert.deepEqual(answers, right)
      } finally {
        for (const connection of connections) connection.close()
        await serving.stop()
      }
    })
  }
})
