import { Client, ResultCodeError } from 'ldapts'
import { createAskingQueue } from '../../credentials/asking-queue.ts'
import type { Answer, IdentitySource } from '../../credentials/source.ts'
import { vouchedSubject } from '../../credentials/vouchers.ts'
import { messageOf } from '../../errors.ts'
import type { Redacted } from '../../redacted.ts'
import type { CredentialReference } from '../../subject.ts'
import { loginShare } from '../login-share.ts'
import { fillFilter } from './filter.ts'

export interface DirectoryOptions {
  /** ldaps://HOST:PORT, or ldap://… in the clear. */
  readonly url: string
  /** PEM of the CAs that it is under, in place of those that Node.js trusts. */
  readonly authority: string | undefined
  /** Who searches; `undefined`: nobody, where the directory lets nobody search. */
  readonly bind:
    { readonly dn: string; readonly password: () => Promise<Redacted<string>> } | undefined
  /** Where people are; `${user}` in the filter is the user name. */
  readonly users: { readonly base: string; readonly filter: string }
  /** Where their groups are; `${dn}` in the filter is the person, too. */
  readonly groups:
    { readonly base: string; readonly filter: string; readonly attribute: string } | undefined
  /** Longest time for one step, milliseconds; and for a turn. */
  readonly timeout: number
  readonly atOnce: number
  readonly reference: CredentialReference
}

/** Groups of one person. */
const MAX_GROUPS = 256

/**
 * What a directory says of a bind that it refuses for reasons of the person, not of itself (RFC 4511
 * §4.1.9): inappropriateAuthentication, invalidCredentials, constraintViolation, unwillingToPerform.
 */
const REFUSED = [48, 49, 19, 53]

/**
 * People of an LDAP directory: searched by user name, known by a bind with their password, with the names
 * of their groups as the label `groups`. One connection a login.
 */
export function createDirectory(options: DirectoryOptions): IdentitySource {
  const { reference, atOnce, timeout } = options
  const queue = createAskingQueue(atOnce)

  async function login(client: Client, user: string, password: string): Promise<Answer> {
    await bindToSearch(client)
    const people = await searchAll(client, options.users, { user }, ['1.1'], 2)
    const [person] = people
    if (person === undefined) return { kind: 'not-mine', detail: 'nobody of this name' }
    if (people.length > 1) return { kind: 'error', detail: 'several people of one name' }
    try {
      await client.bind(person.dn, password)
    } catch (thrown) {
      if (thrown instanceof ResultCodeError && REFUSED.includes(thrown.code)) {
        return { kind: 'no', detail: `the directory refuses the password (${thrown.code})` }
      }
      throw thrown
    }
    const labels = { groups: await groupsOf(client, user, person.dn) }
    return { kind: 'yes', subject: vouchedSubject(user, reference, { labels }) }
  }

  /** As whoever searches. */
  async function bindToSearch(client: Client): Promise<void> {
    const { bind } = options
    if (bind !== undefined) await client.bind(bind.dn, (await bind.password()).reveal())
  }

  async function groupsOf(client: Client, user: string, dn: string): Promise<readonly string[]> {
    const { groups } = options
    if (groups === undefined) return []
    // Whoever logs in need not be let to search.
    await bindToSearch(client)
    const found = await searchAll(client, groups, { user, dn }, [groups.attribute], MAX_GROUPS + 1)
    const names = found
      .flatMap((entry): readonly (Buffer | string)[] => [entry[groups.attribute] ?? []].flat())
      .map(String)
    // A rule may deny by one of those that would be left out.
    if (names.length > MAX_GROUPS) throw new Error(`more than ${MAX_GROUPS} groups of one person`)
    return names
  }

  async function ask(user: string, password: string): Promise<Answer> {
    const { url, authority } = options
    const client = new Client({
      ...{ url, timeout, connectTimeout: timeout },
      ...(authority === undefined ? {} : { tlsOptions: { ca: authority } }),
    })
    try {
      return await login(client, user, password)
    } catch (thrown) {
      return { kind: 'error', detail: `the directory: ${messageOf(thrown)}` }
    } finally {
      await client.unbind().catch(() => undefined)
    }
  }

  return {
    name: 'ldap',
    async ask(login) {
      const { username, password, isToken = false } = login
      if (isToken) return { kind: 'not-mine', detail: 'a token is no password' }
      // A bind without a password is one as nobody, and succeeds (RFC 4513 §5.1.2).
      if (password.reveal() === '') return { kind: 'not-mine', detail: 'no password' }
      const came = performance.now()
      const asked = queue(loginShare(login), async (): Promise<Answer> => {
        if (performance.now() - came < timeout) return ask(username, password.reveal())
        return { kind: 'error', detail: 'the directory had no turn in time' }
      })
      return asked ?? { kind: 'error', detail: 'too many questions wait' }
    },
  }
}

/** The first so many, if there are more. */
async function searchAll(
  client: Client,
  { base, filter }: { readonly base: string; readonly filter: string },
  values: Readonly<Record<string, string>>,
  attributes: string[],
  sizeLimit: number,
) {
  const { searchEntries } = await client.search(base, {
    ...{ scope: 'sub', filter: fillFilter(filter, values), attributes, sizeLimit },
  })
  return searchEntries
}
