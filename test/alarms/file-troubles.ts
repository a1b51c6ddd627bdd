import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { initializeKeys } from '../../src/adapters/file/keys/key-maker.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { ask, basic } from '../support/http.ts'
import { SERVICE } from '../support/serving.ts'
import { tlsAuthority } from '../support/tls-certificates.ts'
import type { Trouble } from './trouble.ts'

const DAY = 24 * 60 * 60 * 1000
const LOGIN = { username: 'team-a', password: 'a long random password' }
const RIGHT = { authorization: basic(LOGIN.username, LOGIN.password) }
const OWN = "rules: [{ match: { namespace: '*', name: '${namespace}/**' }, actions: ['*'] }]\n"
const ALL = "rules: [{ match: { namespace: '*', name: '**' }, actions: [pull] }]\n"

/** What goes wrong with what rauth reads and writes. */
export const FILE_TROUBLES: readonly Trouble[] = [
  {
    what: 'a policy that can not be used takes the place of a good one',
    alerts: ['RauthReloadFailed'],
    async begin({ home, serve }) {
      const file = path.join(home, 'broken.yaml')
      await writeFile(file, OWN)
      await serve({ logins: [], config: { policy: { file } } })
      await writeFile(file, 'rules: []\nrule: []\n')
    },
  },
  {
    what: 'two rauths have two policies',
    alerts: ['RauthPolicyDiffers'],
    async begin({ home, serve }) {
      for (const [name, text] of Object.entries({ one: OWN, other: ALL })) {
        const file = path.join(home, `${name}.yaml`)
        await writeFile(file, text)
        await serve({ logins: [], config: { policy: { file } } })
      }
    },
  },
  {
    what: 'the disk of the audit is full, and clients go on',
    alerts: ['RauthAuditUnwritten', 'RauthAuditLost'],
    async begin({ home, serve, again }) {
      const { token } = await serve({
        logins: [LOGIN],
        config: { audit: { to: path.join(home, 'audit.log') } },
        fileLimit: 32,
      })
      // Enough for what waits in memory to be too much, and few beside what is slow elsewhere.
      again(10, () => ask(token, `/token?service=${SERVICE}`, { headers: RIGHT }))
    },
  },
  {
    what: 'the signing key ends in ten days',
    alerts: ['RauthKeyExpires'],
    async begin({ home, serve }) {
      const directory = path.join(home, 'keys')
      await initializeKeys({ directory, algorithm: 'ES256', now: new Date(), days: 10 })
      await serve({ logins: [], config: { keys: { directory } } })
    },
  },
  {
    what: 'the CA that registries trust ends in two months',
    alerts: ['RauthAuthorityExpires'],
    async begin({ home, serve }) {
      const directory = path.join(home, 'old-keys')
      // It was made so long ago.
      const now = new Date(Date.now() - (3650 - 60) * DAY)
      await initializeKeys({ directory, algorithm: 'ES256', now, days: 3640 })
      await serve({ logins: [], config: { keys: { directory } } })
    },
  },
  {
    what: 'the certificate of a listener ends in three days',
    alerts: ['RauthTlsExpires'],
    async begin({ home, serve }) {
      const authority = await tlsAuthority('of the gateway')
      const to = new Date(Date.now() + 3 * DAY)
      const pair = await authority.issue('rauth', { to })
      const files = { certificate: path.join(home, 'tls.crt'), key: path.join(home, 'tls.key') }
      await writeFile(files.certificate, pair.certificate)
      await writeFile(files.key, pair.key, { mode: 0o600 })
      await serve({ logins: [], config: { tls: { gatewayHttp: files } } })
    },
  },
  {
    what: 'the keys of an issuer can not be had, and its tokens come',
    alerts: ['RauthIssuerKeys'],
    async begin({ serve, again }) {
      const issuer = `http://127.0.0.1:${await freePort()}`
      const identities = [{ claims: { sub: 'job' }, account: 'job', namespace: 'team-a' }]
      const { token } = await serve({
        logins: [],
        config: { identity: [{ oidc: { issuer, audience: SERVICE, identities } }] },
      })
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
      const jwt = () => {
        const seconds = Math.floor(Date.now() / 1000)
        const claims = { iss: issuer, sub: 'job', aud: SERVICE, iat: seconds, exp: seconds + 600 }
        return [part({ alg: 'RS256', kid: 'one' }), part(claims), part({})].join('.')
      }
      again(10_000, () =>
        ask(token, `/token?service=${SERVICE}`, {
          headers: { authorization: basic('job', jwt()) },
        }),
      )
    },
  },
  {
    what: 'the clock of rauth is two minutes ahead',
    alerts: ['RauthClockOff'],
    async begin({ serve }) {
      const ahead = 'const now = Date.now; Date.now = () => now() + 120_000'
      await serve({ logins: [], node: ['--import', `data:text/javascript,${ahead}`] })
    },
  },
]
