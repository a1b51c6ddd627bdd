import { existsSync } from 'node:fs'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Client } from 'ldapts'
import { installParts } from '../../tools/parts/install.ts'
import { startChild, untilReady } from '../../tools/stack/child.ts'
import { freePort } from '../../tools/stack/ports.ts'

/** A real directory on loopback, with people and groups, which lets nobody search without a login. */
export interface Directory {
  readonly url: string
  readonly base: string
  /** Who may search. */
  readonly reader: { readonly dn: string; readonly password: string }
  stop(): Promise<void>
}

const BASE = 'dc=example,dc=test'
const ROOT = { dn: `cn=admin,${BASE}`, password: 'of-the-root' }
const READER = { dn: `cn=reader,${BASE}`, password: 'of-the-reader' }

export async function startDirectory(
  people: readonly { readonly uid: string; readonly password: string }[],
  groups: readonly { readonly cn: string; readonly members: readonly string[] }[],
): Promise<Directory> {
  const { slapd } = await installParts(['slapd'])
  const folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-slapd-'))
  // What the package holds stands beside the program, wherever that was unpacked.
  const [etc, lib] = [pathOf(slapd, 'etc/ldap'), pathOf(slapd, 'usr/lib/ldap')]
  await mkdir(path.join(folder, 'data'))
  const config = path.join(folder, 'slapd.conf')
  await writeFile(
    config,
    [
      ...['core', 'cosine', 'inetorgperson'].map((name) => `include ${etc}/schema/${name}.schema`),
      `modulepath ${lib}`,
      'moduleload back_mdb',
      `pidfile ${folder}/pid`,
      'database mdb',
      'maxsize 10485760',
      `suffix "${BASE}"`,
      `rootdn "${ROOT.dn}"`,
      `rootpw ${ROOT.password}`,
      `directory ${folder}/data`,
      'access to attrs=userPassword by anonymous auth by * none',
      `access to * by dn.exact="${READER.dn}" read by * none`,
      '',
    ].join('\n'),
  )
  const port = await freePort()
  const url = `ldap://127.0.0.1:${port}`
  const child = await startChild({
    ...{ name: 'slapd', program: slapd, logFile: path.join(folder, 'log') },
    args: ['-f', config, '-h', url, '-d', '0'],
  })
  const root = new Client({ url, timeout: 5_000, connectTimeout: 5_000 })
  async function stop(): Promise<void> {
    await root.unbind().catch(() => undefined)
    await child.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await untilReady(child, () =>
      root.bind(ROOT.dn, ROOT.password).then(
        () => true,
        () => false,
      ),
    )
    await root.add(BASE, { objectClass: ['dcObject', 'organization'], o: 'test', dc: 'example' })
    await root.add(READER.dn, {
      ...{ objectClass: ['organizationalRole', 'simpleSecurityObject'], cn: 'reader' },
      userPassword: READER.password,
    })
    for (const { uid, password } of people) {
      await root.add(`uid=${uid},${BASE}`, {
        ...{ objectClass: 'inetOrgPerson', cn: uid, sn: uid, userPassword: password },
      })
    }
    for (const { cn, members } of groups) {
      const member = members.map((uid) => `uid=${uid},${BASE}`)
      await root.add(`cn=${cn},${BASE}`, { objectClass: 'groupOfNames', member })
    }
  } catch (error) {
    await stop()
    throw error
  }
  return { url, base: BASE, reader: READER, stop }
}

/** A folder of the package: under the program's own part, or of the system. */
function pathOf(program: string, inside: string): string {
  const unpacked = path.join(path.dirname(program), 'unpacked', inside)
  return existsSync(unpacked) ? unpacked : path.join('/', inside)
}
