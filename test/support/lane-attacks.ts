import { digestPath } from './fast-lane.ts'
import { OWN } from './lane-witness.ts'

/** What is no read by digest that a token for {@link OWN} opens, and looks like one. `{token}` is that token. */

export const HEX = 'a0'.repeat(32)
const PATH = digestPath(OWN)

export const ELSEWHERE: readonly (readonly [what: string, target: string])[] = [
  ['a tag', `/v2/${OWN}/manifests/v1`],
  ['the list of tags', `/v2/${OWN}/tags/list`],
  ['the base', '/v2/'],
  ['an upload', `/v2/${OWN}/blobs/uploads/x`],
  ['referrers', `/v2/${OWN}/referrers/sha256:${HEX}`],
  ['another digest', `/v2/${OWN}/blobs/sha512:${HEX}${HEX}`],
  ['another namespace', digestPath('team-b/app')],
  ['a name that begins like it', digestPath(`${OWN}x`)],
  ['a name below it', digestPath(`${OWN}/x`)],
  ['a name above it', digestPath('team-a')],
  ['a name that ends like it', digestPath(`x/${OWN}`)],
  ['a name that holds the path', `/v2/${OWN}/blobs/sha256:/team-b/app/blobs/sha256:${HEX}`],
  ['a name that is the path', digestPath(`${OWN}/blobs`)],
  ['upper case in the name', digestPath('TEAM-A/app')],
  ['upper case in the digest', `/v2/${OWN}/blobs/sha256:${HEX.toUpperCase()}`],
  ['upper case in the route', `/V2/${OWN}/blobs/sha256:${HEX}`],
  ['a short digest', `/v2/${OWN}/blobs/sha256:${HEX.slice(1)}`],
  ['a long digest', `${PATH}0`],
  ['no digest', `/v2/${OWN}/blobs/sha256:`],
  ['an escaped colon', PATH.replace('sha256:', 'sha256%3A')],
  ['an escaped slash', PATH.replace('team-a/', 'team-a%2F')],
  ['a slash behind', `${PATH}/`],
  ['a query', `${PATH}?`],
  ['a query with a parameter', `${PATH}?ns=docker.io`],
  ['a token in the query', `${PATH}?access_token={token}`],
  ['a fragment', `${PATH}#`],
  ['parameters of a segment', `${PATH};x`],
  ['another repository through this one', `/v2/${OWN}/../../team-b/app/blobs/sha256:${HEX}`],
  ['another through the digest', `${PATH}/../../../../team-b/app/blobs/sha256:${HEX}`],
  ['another by escaped dots', `/v2/${OWN}/%2e%2e/%2e%2e/team-b/app/blobs/sha256:${HEX}`],
  ['another by escaped slashes', `/v2/${OWN}/..%2f..%2fteam-b/app/blobs/sha256:${HEX}`],
  ['another by backslashes', `/v2/${OWN}\\..\\..\\team-b\\app/blobs/sha256:${HEX}`],
  ['a NUL', `${PATH}%00`],
  ['a byte that is not ASCII', `/v2/team-ä/app/blobs/sha256:${HEX}`],
]

/** Values of Authorization that are not the one spelling of the token. */
export const CREDENTIALS: readonly (readonly [what: string, values: readonly string[]])[] = [
  ['none', []],
  ['an empty one', ['']],
  ['the scheme in lower case', ['bearer {token}']],
  ['two spaces', ['Bearer  {token}']],
  ['a tab', ['Bearer\t{token}']],
  ['another scheme', ['Basic {token}']],
  ['another scheme before it', ['Basic x,Bearer {token}']],
  ['a word before it', ['x Bearer {token}']],
  ['a word behind it', ['Bearer {token} x']],
  ['a comma behind it', ['Bearer {token},']],
  ['padding behind it', ['Bearer {token}=']],
  ['a character behind it', ['Bearer {token}A']],
  ['two characters behind it', ['Bearer {token}AA']],
  ['a part more', ['Bearer {token}.x']],
  ['two in one', ['Bearer {token},Bearer {token}']],
  ['two in two', ['Bearer {token}', 'Bearer {token}']],
  ['a good one and then a bad one', ['Bearer {token}', 'Bearer x']],
  ['a bad one and then a good one', ['Bearer x', 'Bearer {token}']],
  ['nothing but the scheme', ['Bearer']],
  ['a huge one', [`Bearer ${'A'.repeat(50_000)}`]],
  ['a huge one that ends well', [`Bearer ${'A'.repeat(20_000)}.{token}`]],
]
