import { createHash } from 'node:crypto'
import { ask, type Answer, type Question } from '../support/http.ts'
import type { Values } from './raw-request.ts'

/** Images of others, made of texts that are found again in whatever answer they leak into. */

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

export const digestOf = (text: string) =>
  `sha256:${createHash('sha256').update(text, 'latin1').digest('hex')}`

interface Image {
  readonly repository: string
  readonly tag: string
  readonly layer: string
  readonly config: string
  readonly manifest: string
}

function image(repository: string, mark: string): Image {
  const layer = `layer ${mark} of ${repository}`
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    config: { Labels: { mark } },
  })
  const describe = (mediaType: string, text: string) => ({
    ...{ mediaType, digest: digestOf(text), size: text.length },
  })
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: describe('application/vnd.oci.image.config.v1+json', config),
    layers: [describe('application/vnd.oci.image.layer.v1.tar', layer)],
    annotations: { mark },
  })
  return { repository, tag: `tag-${mark}`, layer, config, manifest }
}

const VAULT = image('team-b/vault', 'canary-5f1c0d9be7')
/** Its name is in no request: a list that shows it leaks. */
const HIDDEN = image('team-b/hidden-canary-c40d81a66e', 'canary-91ab3e02d4')
/** The same image in a namespace whose name begins with that of team-a. */
const NEIGHBOUR = { ...VAULT, repository: 'team-a-b/vault' }
const IMAGES = [VAULT, HIDDEN, NEIGHBOUR]

/** Repositories of others that requests name. */
export const OTHERS = [VAULT.repository, NEIGHBOUR.repository]

/** Digests of what others have; who names one learns nothing by it. */
export const DIGESTS = {
  layer: digestOf(VAULT.layer),
  config: digestOf(VAULT.config),
  manifest: digestOf(VAULT.manifest),
  tag: VAULT.tag,
} as const

const BLOBS = [VAULT, HIDDEN].flatMap(({ layer, config }) => [layer, config].map(digestOf))

/** No answer may hold one. Of {@link HIDDEN} that is the name, too, for no request has it. */
const SECRETS = [
  ...IMAGES.flatMap(({ layer, config, manifest }) => [layer, config, manifest]),
  ...[HIDDEN.repository, HIDDEN.tag],
]

/** What requests name themselves, and refusals may repeat; an answer that says yes may not. */
const NAMES = IMAGES.flatMap(({ tag, layer, config, manifest }) => [
  tag.slice('tag-'.length),
  ...[layer, config, manifest].map(digestOf),
])

/** What of others is in the bytes of an answer, or of several; `ids`: more that none may name. */
export function leakIn(bytes: string, ids: readonly string[] = []): string | undefined {
  const secret = SECRETS.find((text) => bytes.includes(text))
  if (secret !== undefined) return secret.slice(0, 60)
  const accepted = bytes.split(/(?=HTTP\/1\.1 \d{3} )/).filter((one) => /^\S+ 2/.test(one))
  return [...NAMES, ...ids].find((name) => accepted.some((one) => one.includes(name)))
}

async function must(
  port: number,
  path: string,
  question: Question,
  status: number,
): Promise<Answer> {
  const answer = await ask(port, path, question)
  if (answer.status === status) return answer
  throw new Error(`${question.method ?? 'GET'} ${path}: ${answer.status} ${answer.body}`)
}

async function startUpload(port: number, repository: string): Promise<string> {
  const path = `/v2/${repository}/blobs/uploads/`
  return locationOf(await must(port, path, { method: 'POST' }, 202))
}

function locationOf({ headers }: Answer): string {
  const { pathname, search } = new URL(headers['location'] ?? '', 'http://localhost')
  return `${pathname}${search}`
}

export async function pushBlob(port: number, repository: string, content: string): Promise<void> {
  const upload = await startUpload(port, repository)
  const path = `${upload}&digest=${digestOf(content)}`
  await must(port, path, { method: 'PUT', body: content }, 201)
}

/** Puts the images of others there, or back. */
export async function plantCanaries(port: number): Promise<void> {
  for (const { repository, tag, layer, config, manifest } of IMAGES) {
    await pushBlob(port, repository, layer)
    await pushBlob(port, repository, config)
    const headers = { 'content-type': MANIFEST }
    const question = { method: 'PUT', headers, body: manifest }
    const path = `/v2/${repository}/manifests/${tag}`
    await must(port, path, question, 201)
    // As it is looked at afterwards: what is not there can't go away.
    await must(port, path, { headers: { accept: MANIFEST } }, 200)
  }
}

/** Takes the blobs of others out of a repository that they have found their way into. */
export async function unlinkOthers(port: number, repository: string): Promise<void> {
  for (const digest of BLOBS) {
    await ask(port, `/v2/${repository}/blobs/${digest}`, { method: 'DELETE' })
  }
}

/**
 * An upload that team-b has begun: `b-upload` its URL, `b-id` and `b-state` parts of it; and
 * `a-upload`, one in a repository of team-a's.
 */
export async function beginUploads(port: number, own: string): Promise<Values> {
  const begun = await startUpload(port, VAULT.repository)
  const question = { method: 'PATCH', body: 'begun by team-b' }
  const upload = locationOf(await must(port, begun, question, 202))
  const { pathname, searchParams } = new URL(upload, 'http://localhost')
  return {
    'a-upload': await startUpload(port, own),
    'b-upload': upload,
    'b-id': pathname.split('/').at(-1) ?? '',
    'b-state': searchParams.get('_state') ?? '',
  }
}

/**
 * All that others have, as the registry itself serves it, in lines to compare; `own` are team-a's
 * repositories, into which no blob of others may have found its way.
 */
export async function readOthers(
  port: number,
  upload: string,
  own: readonly string[],
): Promise<readonly string[]> {
  const lines: string[] = []
  const note = async (path: string, method = 'GET', body = true) => {
    const answer = await ask(port, path, { method, headers: { accept: MANIFEST } })
    const content = body ? digestOf(answer.body) : ''
    lines.push(`${method} ${path}: ${answer.status} ${answer.headers['range'] ?? ''} ${content}`)
  }
  for (const { repository, tag, layer, config, manifest } of IMAGES) {
    const at = (rest: string) => `/v2/${repository}/${rest}`
    await note(at('tags/list'))
    await note(at(`manifests/${tag}`))
    await note(at(`manifests/${digestOf(manifest)}`))
    for (const text of [layer, config]) await note(at(`blobs/${digestOf(text)}`))
  }
  if (upload !== '') await note(upload, 'GET', false)
  for (const repository of own) {
    for (const digest of BLOBS) {
      await note(`/v2/${repository}/blobs/${digest}`, 'HEAD', false)
    }
  }
  const catalog = await must(port, '/v2/_catalog?n=1000', {}, 200)
  const { repositories } = JSON.parse(catalog.body) as { repositories: readonly string[] }
  const others = repositories.filter((name) => !name.startsWith('team-a/'))
  return [...lines, `catalog: ${others.join(' ')}`]
}
