import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { stringify } from 'yaml'
import { replaceFile } from '../../../../tools/stack/state.ts'
import {
  CREDENTIALS,
  startControlCluster,
  type ControlCluster,
} from '../../../support/control/cluster.ts'
import { startController, type RunningController } from '../../../support/control/running.ts'
import { ask } from '../../../support/http.ts'
import { until } from '../../../support/until.ts'

/** Longer than a busy machine needs to find a changed file and to act by it, milliseconds. */
const PATIENCE = 20_000

const CONTROLLER = {
  namespaces: { labelSelector: 'team=a', except: ['kept-out'] },
  overlap: '10s',
}

describe('the configuration of rauth controller, while it runs', () => {
  let cluster: ControlCluster
  let controller: RunningController
  let file: string
  before(async () => {
    cluster = await startControlCluster()
    file = path.join(cluster.home, 'rauth.yaml')
    await put(CONTROLLER)
    controller = await startController(cluster)
  })
  after(async () => {
    await controller.stop()
    await cluster.stop()
  })

  const text = (section: object) =>
    stringify({ realm: 'https://registry.example/token', controller: section })
  const put = (section: object) => replaceFile(file, text(section))
  const hangUp = () => void process.kill(controller.child.pid, 'SIGHUP')
  const says = async (line: RegExp) =>
    (await controller.log()).split('\n').filter((one) => line.test(one))
  /** The line that is said after this was done, and was not before. */
  async function saysMore(line: RegExp, what: () => Promise<void> | void): Promise<string> {
    const { length } = await says(line)
    await what()
    await until(`it says ${String(line)}`, PATIENCE, async () => (await says(line)).length > length)
    return (await says(line)).at(-1) ?? ''
  }
  const untilMade = (...names: readonly string[]) =>
    until(`${names.join()} in step`, PATIENCE, async () => {
      const found = await Promise.all(names.map((name) => cluster.pullLogin(name)))
      return found.every((login) => login !== undefined)
    })
  const team = (name: string, which: string) => cluster.namespace(name, { team: which })
  async function metric(name: string): Promise<number> {
    return Number(new RegExp(`^${name} (.*)$`, 'm').exec(await controller.metrics())?.[1])
  }
  async function config(): Promise<string | undefined> {
    const { status, body } = await ask(controller.operations, '/readyz')
    assert.equal(status, 200, body)
    return (JSON.parse(body) as { troubles?: Record<string, string> }).troubles?.['config']
  }

  it('chooses other namespaces, and leaves alone those that are no longer chosen', async () => {
    await Promise.all([team('a-1', 'a'), team('b-1', 'b'), team('kept-out', 'a')])
    await untilMade('a-1')
    const namespaces = { labelSelector: 'team in (a,b)', except: ['a-1', 'kept-out'] }
    const line = await saysMore(/configuration read again/, () =>
      put({ ...CONTROLLER, namespaces }),
    )
    assert.match(
      line,
      /"changed":\["controller.namespaces.labelSelector","controller.namespaces.except"\]/,
    )
    await untilMade('b-1')
    await cluster.remove('a-1', CREDENTIALS)
    await team('b-2', 'b')
    await untilMade('b-2')
    assert.equal(await cluster.secret('a-1'), undefined)
    assert.equal(await cluster.secret('kept-out'), undefined)
    await put(CONTROLLER)
    await until(
      'a-1 has its Secret again',
      PATIENCE,
      async () => (await cluster.secret('a-1')) !== undefined,
    )
    assert.match(await controller.metrics(), /^rauth_controller_leader 1$/m)
  })

  it('does by it what is to be done for namespaces that it has', async () => {
    await cluster.patch('a-1', CREDENTIALS, {
      metadata: { annotations: { 'rauth.dev/rotated-at': '2026-01-01T00:00:00Z' } },
    })
    const before = (await cluster.secret('a-1'))?.values['password']
    await saysMore(/"changed":\["controller.rotateAfter"\]/, () =>
      put({ ...CONTROLLER, rotateAfter: '720h' }),
    )
    await until('another password', PATIENCE, async () => {
      const password = (await cluster.secret('a-1'))?.values['password']
      return password !== before && (await cluster.pullLogin('a-1'))?.password === password
    })
  })

  it('takes no restriction away by half of a file, until that is asked for', async () => {
    const { labelSelector } = CONTROLLER.namespaces
    const half = { ...CONTROLLER, namespaces: { labelSelector }, rotateAfter: '720h' }
    const refused = await saysMore(/that of before stays/, () => put(half))
    assert.match(refused, /says nothing, or less, of controller.namespaces.except/)
    assert.match((await config()) ?? '', /controller.namespaces.except/)
    await team('a-2', 'a')
    await untilMade('a-2')
    assert.equal(await cluster.secret('kept-out'), undefined)
    await saysMore(/configuration read again/, hangUp)
    await untilMade('kept-out')
    assert.equal(await config(), undefined)
  })

  it('goes on with what it had where the file is bad, or is about what cannot be read', async () => {
    await put({ ...CONTROLLER, rotateAfter: '720h' })
    await until(
      'it excepts one again',
      PATIENCE,
      async () => (await says(/"changed":\["controller.namespaces.except"\]/)).length > 1,
    )
    const { except } = CONTROLLER.namespaces
    const before = await metric('rauth_config_reload_failures_total')
    for (const [bad, why] of [
      [{ overlap: '1s' }, /3:\d+: \\"controller.overlap\\" must be/],
      [
        { ...CONTROLLER, rotateAfter: '720h', namespaces: { labelSelector: 'a in (b', except } },
        /cannot be read of https:.*400/,
      ],
    ] as const) {
      assert.match(await saysMore(/that of before stays/, () => put(bad)), why)
      assert.ok((await config()) !== undefined)
    }
    assert.equal(await metric('rauth_config_reload_failures_total'), before + 2)
    await team('a-3', 'a')
    await untilMade('a-3')
    await saysMore(/can be used again/, () => put({ ...CONTROLLER, rotateAfter: '720h' }))
    assert.equal(await config(), undefined)
  })

  it('says what waits for a restart', async () => {
    const next = { ...CONTROLLER, rotateAfter: '720h', lease: { name: 'other' } }
    const line = await saysMore(/needs a restart/, () => put(next))
    assert.match(line, /"settings":\["controller.lease.name"\]/)
    assert.equal(await metric('rauth_config_restart_settings'), 1)
    assert.match((await config()) ?? '', /needs a restart: controller.lease.name/)
    await put({ ...CONTROLLER, rotateAfter: '720h' })
    await until('nothing waits', PATIENCE, async () => (await config()) === undefined)
  })

  it('cuts nothing that is under way', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `many-${index}`)
    const { length: changes } = await says(/configuration read again/)
    const making = Promise.all(names.map((name) => team(name, 'a')))
    for (const overlap of ['20s', '30s', '40s']) {
      const namespaces = { ...CONTROLLER.namespaces, except: ['kept-out', `not-${overlap}`] }
      await saysMore(/configuration read again/, () =>
        put({ namespaces, overlap, rotateAfter: '720h' }),
      )
    }
    await making
    await untilMade(...names)
    assert.equal((await says(/configuration read again/)).length, changes + 3)
    assert.match(
      await controller.metrics(),
      /^rauth_controller_reconciles_total\{outcome="failed"\} 0$/m,
    )
  })

  it('ends at once when told, also while another configuration is being read', async () => {
    const { except } = CONTROLLER.namespaces
    await put({ ...CONTROLLER, namespaces: { labelSelector: '*', except } })
    assert.ok(await controller.child.stop(30_000), 'by SIGTERM alone')
    assert.match(await controller.log(), /"msg":"stopped"/)
  })
})
