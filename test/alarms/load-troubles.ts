import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { installParts } from '../../tools/parts/install.ts'
import { startChild, untilReady } from '../../tools/stack/child.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { hash } from '../support/bcrypt.ts'
import { startChecking } from '../support/checking.ts'
import { ask, basic } from '../support/http.ts'
import { childrenOf } from '../support/process-figures.ts'
import { SERVICE } from '../support/serving.ts'
import { until } from '../support/until.ts'
import type { Trouble } from './trouble.ts'

const LOGIN = { username: 'team-a', password: 'a long random password' }
const TOKEN = `/token?service=${SERVICE}`
const UNBOUNDED = { guessing: { failures: 0, perNetwork: 0 } }

const as = (username: string, password: string) => ({
  headers: { authorization: basic(username, password) },
})

/** What clients, and the machine, do to rauth. */
export const LOAD_TROUBLES: readonly Trouble[] = [
  {
    what: 'somebody guesses passwords',
    alerts: ['RauthGuessing'],
    async begin({ serve, again }) {
      const { token } = await serve({ logins: [LOGIN], config: { guessing: { failures: 5 } } })
      again(500, () => ask(token, TOKEN, as('team-a', `wrong ${String(Math.random())}`)))
    },
  },
  {
    what: 'Redis goes away',
    alerts: ['RauthRedisAway'],
    async begin({ home, serve, onEnd }) {
      const { redis: program } = await installParts(['redis'])
      const port = String(await freePort())
      const redis = await startChild({
        ...{ name: 'redis', program, logFile: path.join(home, 'redis.log') },
        args: ['--port', port, '--bind', '127.0.0.1', '--save', '', '--dir', home],
      })
      onEnd(() => redis.stop())
      await untilReady(redis, async () =>
        (await readFile(redis.logFile, 'utf8')).includes('Ready to accept connections'),
      )
      await serve({ logins: [], config: { guessing: { redis: `redis://127.0.0.1:${port}` } } })
      await redis.stop()
    },
  },
  {
    what: 'a third of what one client asks for is not its own',
    alerts: ['RauthDenialsJump'],
    async begin({ serve, again, onEnd }) {
      const { token, gateway } = await serve({ logins: [LOGIN] })
      const checking = startChecking(gateway, 5_000)
      onEnd(() => {
        checking.close()
      })
      again(500, async () => {
        const scope = 'repository:team-a/app:pull'
        const { body } = await ask(token, `${TOKEN}&scope=${scope}`, as('team-a', LOGIN.password))
        const { token: mine } = JSON.parse(body) as { token: string }
        for (const name of ['team-a/app', 'team-b/app']) {
          await checking.check({ method: 'GET', path: `/v2/${name}/manifests/v1`, token: mine })
        }
      })
    },
  },
  {
    what: 'a password has a bcrypt hash of the highest cost, and three clients at a time have a wrong one',
    alerts: ['RauthSlow'],
    async begin({ serve, again }) {
      const { token, secrets } = await serve({ logins: [], config: UNBOUNDED })
      const passwordHash = await hash(LOGIN.password, { cost: 12 })
      const secret = {
        ...{ apiVersion: 'v1', kind: 'Secret', type: 'Opaque' },
        metadata: { name: 'registry-credentials', namespace: 'team-a' },
        stringData: { username: 'team-a', passwordHash },
      }
      await writeFile(path.join(secrets, 'team-a.yaml'), stringify(secret))
      await until('the Secret', 20_000, async () => {
        return (await ask(token, TOKEN, as('team-a', LOGIN.password))).status === 200
      })
      const guess = () => ask(token, TOKEN, as('team-a', `wrong ${String(Math.random())}`))
      again(2_000, () => Promise.all([guess(), guess(), guess()]))
    },
  },
  {
    what: 'the processor is taken from rauth for 300 ms of each second',
    alerts: ['RauthEventLoopLag'],
    async begin({ serve, again, onEnd }) {
      const { child } = await serve({ logins: [] })
      onEnd(() => process.kill(child.pid, 'SIGCONT'))
      again(700, async () => {
        process.kill(child.pid, 'SIGSTOP')
        await sleep(300)
        process.kill(child.pid, 'SIGCONT')
      })
    },
  },
  {
    what: 'workers are killed, one each half a minute',
    alerts: ['RauthWorkerEnds'],
    async begin({ serve, again }) {
      const { child } = await serve({ logins: [], args: ['--workers', '2'] })
      again(30_000, async () => {
        const [worker] = childrenOf(child.pid)
        if (worker !== undefined) process.kill(worker, 'SIGKILL')
        await Promise.resolve()
      })
    },
  },
]
