import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { craneClient, type Client, type IdentityToken, type Login } from '../../support/clients.ts'
import { buildahClient, podmanClient, skopeoClient } from '../../support/containers.ts'
import { helmClient } from '../../support/helm.ts'
import { ask, basic, fetchToken } from '../../support/http.ts'
import { MANIFESTS } from '../../support/pulls.ts'
import type { RunResult } from '../../support/run.ts'
import { startStack, type Stack } from '../../support/stack.ts'

const LOGIN_FIRST = /log in with a namespace's registry credentials/

/** What is read by who may not pull, and by nobody who pushes. Without Envoy the words are the registry's. */
const DEPLOYMENTS = [
  {
    name: 'Envoy',
    envoy: true,
    denied: /your credentials are for other repositories/,
    login: LOGIN_FIRST,
  },
  {
    name: 'no Envoy',
    envoy: false,
    denied: /denied|authentication required/i,
    login: /authentication required/i,
  },
] as const

const CLIENTS: Readonly<
  Record<string, (registry: string, login?: Login | IdentityToken) => Promise<Client>>
> = {
  crane: craneClient,
  skopeo: skopeoClient,
  podman: podmanClient,
  buildah: buildahClient,
  helm: helmClient,
}

const WRONG_PASSWORD = /incorrect username or password|invalid username\/password/
/** What is asked first is a HEAD, whose answer has no words but those of its status. */
const NO_PUSH = /denied|forbidden|unauthorized/i

function worked({ code, output }: RunResult): void {
  assert.equal(code, 0, output)
}

function failed({ code, output }: RunResult, words: RegExp): void {
  assert.notEqual(code, 0, output)
  assert.match(output, words)
}

const environment = {
  RAUTH_POLICY_PUBLIC: 'team-b/public/**',
  RAUTH_TOKEN_REFRESH_ENABLED: 'true',
}

for (const { name, envoy, denied, login: loginFirst } of DEPLOYMENTS) {
  describe(`clients without a daemon: ${name}`, () => {
    let stack: Stack
    before(async () => {
      stack = await startStack({ registry: '3', registryAuth: true, envoy, environment })
    })
    after(() => stack.stop())

    for (const [client, start] of Object.entries(CLIENTS)) {
      describe(client, () => {
        const homes: Client[] = []
        let own: Client
        let nobody: Client
        /** An image of this client; helm needs a version for a tag. */
        const image = (parent: string) => `${stack.registry}/${parent}/${client}:1.0.0`

        async function home(login?: Login | IdentityToken): Promise<Client> {
          const made = await start(stack.registry, login)
          homes.push(made)
          return made
        }

        async function digest(parent: string): Promise<string> {
          const scope = `repository:${parent}/${client}:pull`
          const login = stack.login(parent.split('/')[0] ?? '')
          const token = await fetchToken(stack.token, login, stack.service, scope)
          const answer = await ask(stack.entry, `/v2/${parent}/${client}/manifests/1.0.0`, {
            method: 'HEAD',
            headers: { authorization: `Bearer ${token}`, accept: MANIFESTS },
          })
          return answer.headers['docker-content-digest'] ?? assert.fail(String(answer.status))
        }

        before(async () => {
          const owner = await home(stack.login('team-b'))
          worked(await owner.push('private', image('team-b')))
          worked(await owner.push('public', image('team-b/public')))
          nobody = await home()
          own = await home()
          worked(await own.login(stack.login('team-a')))
          worked(await own.push('own', image('team-a')))
        })
        after(async () => {
          for (const one of homes) await one.remove()
        })

        it('does not log in with a wrong password, or can do nothing with it', async () => {
          const stranger = await home()
          const login = await stranger.login({ username: 'team-a', password: 'wrong' })
          if (login.code !== 0) assert.match(login.output, WRONG_PASSWORD)
          failed(
            await stranger.pull(image('team-a')),
            login.code === 0 ? WRONG_PASSWORD : LOGIN_FIRST,
          )
        })

        it('pulls what it pushed into an empty store', async () => {
          worked(await own.pull(image('team-a')))
        })

        it("is told that another namespace's repository is none of its own", async () => {
          const before = await digest('team-b')
          failed(await own.pull(image('team-b')), denied)
          failed(await own.push('evil', image('team-b')), NO_PUSH)
          failed(await own.push('evil', image('team-b/public')), NO_PUSH)
          assert.equal(await digest('team-b'), before)
        })

        it('pulls without a login what is public, and no more', async () => {
          worked(await nobody.pull(image('team-b/public')))
          failed(await nobody.pull(image('team-b')), LOGIN_FIRST)
          failed(await nobody.push('evil', image('team-b/public')), loginFirst)
        })

        it('does all that with a refresh token instead of a password', async () => {
          const { username, password } = stack.login('team-a')
          const query = `service=${stack.service}&offline_token=true&account=${username}`
          const answer = await ask(stack.token, `/token?${query}`, {
            headers: { authorization: basic(username, password) },
          })
          const { refresh_token } = JSON.parse(answer.body) as { refresh_token: string }
          const later = await home({ identityToken: refresh_token })
          worked(await later.pull(image('team-a')))
          worked(await later.push('later', image('team-a')))
          failed(await later.pull(image('team-b')), denied)
          failed(await later.push('evil', image('team-b')), NO_PUSH)
        })
      })
    }

    for (const start of [skopeoClient, podmanClient, buildahClient]) {
      it(`${start.name}: pushes what it may not mount`, async () => {
        // Its cache then says that the layer is in team-b/source, as on a machine that teams share.
        const shared = await start(stack.registry)
        const source = `team-b/source/${shared.name}`
        const target = `team-a/target/${shared.name}`
        try {
          worked(await shared.login(stack.login('team-b')))
          worked(await shared.push(shared.name, `${stack.registry}/${source}:1.0.0`))
          worked(await shared.login(stack.login('team-a')))
          worked(await shared.push(shared.name, `${stack.registry}/${target}:1.0.0`))
          worked(await shared.pull(`${stack.registry}/${target}:1.0.0`))
        } finally {
          await shared.remove()
        }
        const asked = `repository:${target}:pull,push repository:${source}:pull`
        const decision = (await stack.rauthLog()).split('\n').find((line) => line.includes(asked))
        assert.ok(decision !== undefined, 'it did not try to mount')
        assert.match(decision, new RegExp(`"granted":"repository:${target}:pull,push"`))
      })
    }

    it('crane: copies what is public, and nothing else of another namespace', async () => {
      const crane = await craneClient(stack.registry, stack.login('team-a'))
      const copy = (source: string) =>
        crane.crane(
          'copy',
          `${stack.registry}/${source}/crane:1.0.0`,
          `${stack.registry}/team-a/copy:v1`,
        )
      try {
        worked(await copy('team-b/public'))
        failed(await copy('team-b'), denied)
      } finally {
        await crane.remove()
      }
    })
  })
}
