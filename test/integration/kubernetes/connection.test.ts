import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { Agent } from 'node:https'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { Connection } from '../../../src/adapters/kubernetes/connection.ts'
import { authorizationOf, connectionAs } from '../../support/kubernetes/connection-as.ts'
import { until } from '../../support/until.ts'

/** Of an exec plugin, milliseconds: more than a good one needs on a busy machine. */
const PATIENCE = 5_000

describe('how rauth logs in at an API server', () => {
  let home: string
  let connection: Connection | undefined
  beforeEach(async () => {
    home = await mkdtemp(path.join(os.tmpdir(), 'rauth-connection-'))
    now = 1_800_000_000
  })
  afterEach(async () => {
    connection?.close()
    await rm(home, { recursive: true, force: true })
  })

  async function put(name: string, text: string, mode = 0o600): Promise<string> {
    const file = path.join(home, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, text)
    await chmod(file, mode)
    return file
  }

  /** Seconds since the epoch. */
  let now: number
  const clock = () => now

  async function connect(user: object, cluster: object = {}): Promise<Connection> {
    const access = { environment: process.env, clock, patience: PATIENCE }
    connection = await connectionAs({ ...access, home, user, cluster })
    return connection
  }

  it('goes where the cluster is, also below a path', async () => {
    const { options, prefix } = await (await connect({ token: 'one' })).way()
    assert.deepEqual([options.hostname, options.port, prefix], ['api.test', '6443', '/k8s/x'])
  })

  it('keeps its connections while what they were made with is the same', async () => {
    const at = await connect({ token: 'one' })
    const first = (await at.way()).options.agent
    at.forget()
    assert.equal((await at.way()).options.agent, first)
    await connect({ token: 'one' }, { 'tls-server-name': 'other.test' })
    at.forget()
    const { agent, servername } = (await at.way()).options
    assert.notEqual(agent, first)
    assert.equal(servername, 'other.test')
  })

  describe('by an exec plugin', () => {
    const exec = (more: object = {}) => ({
      exec: {
        ...{ apiVersion: 'client.authentication.k8s.io/v1', command: './plugin', args: ['a'] },
        ...more,
      },
    })
    const plugin = (script: string) => put('plugin', `#!/bin/sh\n${script}\n`, 0o700)
    const credential = (status: object) => JSON.stringify({ kind: 'ExecCredential', status })

    it('that is in the folder of the kubeconfig, and is told what it is asked for', async () => {
      await plugin(
        `printf '%s %s' "$1" "$KUBERNETES_EXEC_INFO" > "$(dirname "$0")/told"\n` +
          `echo '${credential({ token: 'one' })}'`,
      )
      const at = await connect(exec({ provideClusterInfo: true, interactiveMode: 'IfAvailable' }))
      assert.equal(await authorizationOf(at), 'Bearer one')
      const [argument, told = ''] = (await readFile(path.join(home, 'told'), 'utf8')).split(/ (.*)/)
      assert.equal(argument, 'a')
      assert.deepEqual(JSON.parse(told), {
        ...{ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential' },
        spec: { interactive: false, cluster: { server: 'https://api.test:6443/k8s/x/' } },
      })
    })

    it('once for as long as its token lasts, and again when that was not good', async () => {
      const later = new Date((now + 60) * 1000).toISOString()
      await plugin(
        `cd "$(dirname "$0")"; echo x >> asked\n` +
          `printf '${credential({ token: 'T', expirationTimestamp: later })}' | sed "s/T/$(wc -l < asked | tr -d ' ')/"`,
      )
      const at = await connect(exec())
      assert.equal(await authorizationOf(at), 'Bearer 1')
      now += 59
      assert.equal(await authorizationOf(at), 'Bearer 1')
      now += 1
      assert.equal(await authorizationOf(at), 'Bearer 2')
      at.forget()
      assert.equal(await authorizationOf(at), 'Bearer 3')
    })

    it('anew when it was asked before its last login was found to be bad', async () => {
      await plugin(
        `cd "$(dirname "$0")"; if mkdir first 2>/dev/null; then for i in $(seq 200); do [ -e go ] && break; sleep 0.05; done; T=old\n` +
          `else T=new; fi; printf '${credential({ token: 'T' })}' | sed "s/\\"T\\"/\\"$T\\"/"`,
      )
      const at = await connect(exec())
      const early = authorizationOf(at)
      await until('the plugin', 20_000, () => existsSync(path.join(home, 'first')))
      at.forget()
      assert.equal(await authorizationOf(at), 'Bearer new')
      await put('go', '')
      assert.equal(await early, 'Bearer old')
    })

    it('with a certificate', async () => {
      const status = { clientCertificateData: 'certificate', clientKeyData: 'key' }
      await plugin(`echo '${credential(status)}'`)
      const { agent } = (await (await connect(exec())).way()).options
      assert.ok(agent instanceof Agent)
      const { cert, key } = agent.options
      assert.deepEqual([cert, key], ['certificate', 'key'])
    })

    it('once where its token has no end, and with nobody to ask', async () => {
      await plugin(
        `cd "$(dirname "$0")"; echo x >> asked; cat >/dev/null\n` +
          `printf '${credential({ token: 'T' })}' | sed "s/\\"T\\"/\\"$(wc -l < asked | tr -d ' ')\\"/"`,
      )
      const at = await connect(exec())
      for (let i = 0; i < 3; i += 1) assert.equal(await authorizationOf(at), 'Bearer 1')
      at.forget()
      assert.equal(await authorizationOf(at), 'Bearer 2')
    })

    it('that leaves somebody behind who holds on to its output', async () => {
      await plugin(`sleep 8 & echo '${credential({ token: 'one' })}'`)
      const begin = performance.now()
      assert.equal(await authorizationOf(await connect(exec())), 'Bearer one')
      assert.ok(performance.now() - begin < PATIENCE)
    })

    describe('that hangs', () => {
      /** It and a child of it, which ignores what can be ignored; both tell their ids. */
      const hanging = () =>
        plugin(
          `cd "$(dirname "$0")"; trap '' TERM INT HUP\n` +
            `sh -c 'echo $$ > child; while :; do sleep 1; done' &\n` +
            `echo $$ > parent; while :; do sleep 1; done`,
        )
      const idOf = async (name: string) => Number(await readFile(path.join(home, name), 'utf8'))
      const untilStarted = () =>
        until('both', 20_000, async () => {
          const ids = await Promise.all(['parent', 'child'].map(idOf)).catch(() => [0])
          return ids.every((id) => id > 1)
        })
      /** What nobody has waited for yet is no program any more. */
      const runs = (pid: number) => {
        try {
          return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
        } catch {
          return false
        }
      }
      async function untilGone(): Promise<void> {
        for (const name of ['parent', 'child']) {
          const pid = await idOf(name)
          assert.ok(pid > 1)
          await until(`the end of the ${name}`, 20_000, () => !runs(pid))
        }
      }

      it('is ended with its children, and asked again the next time', async () => {
        await hanging()
        const at = await connect(exec())
        await assert.rejects(at.way(), /no login .*: the exec plugin has not answered within 5 s/)
        await untilGone()
        await plugin(`echo '${credential({ token: 'one' })}'`)
        assert.equal(await authorizationOf(at), 'Bearer one')
      })

      it('is ended when rauth ends', async () => {
        await hanging()
        const at = await connect(exec())
        const asking = assert.rejects(at.way(), /the exec plugin was ended: rauth closes/)
        await untilStarted()
        at.close()
        await asking
        await untilGone()
      })

      it('is ended when it prints without end', async () => {
        await plugin(`cd "$(dirname "$0")"; echo $$ > parent; cp parent child; exec yes`)
        const at = await connect(exec())
        await assert.rejects(at.way(), /the exec plugin printed more than \d+ bytes/)
        await untilGone()
      })
    })

    const FAILURES: readonly (readonly [what: string, script: string | undefined, told: RegExp])[] =
      [
        ['fails', 'echo no session >&2; exit 1', /no session/],
        ['is ended', 'kill -9 $$', /the exec plugin was ended by SIGKILL/],
        ['says nothing', 'exit 1', /the exec plugin failed and said nothing/],
        ['prints no JSON', 'echo canary-token', /printed no ExecCredential/],
        ['prints no credential', 'echo \'{"canary": 1}\'', /printed no ExecCredential/],
        ['is not there', undefined, /ENOENT/],
      ]
    for (const [what, script, told] of FAILURES) {
      it(`that ${what}`, async () => {
        if (script !== undefined) await plugin(script)
        const at = await connect(exec())
        await assert.rejects(at.way(), (error: Error) => {
          assert.match(error.message, told)
          assert.match(error.message, /^no login for the API server: /)
          assert.doesNotMatch(error.message, /canary/)
          return true
        })
      })
    }
  })
})
