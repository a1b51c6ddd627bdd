import type { Random } from '../support/random.ts'
import { digestOf } from './canaries.ts'
import type { HeaderLine, RawRequest } from './raw-request.ts'

/**
 * What real clients send to repositories that are theirs, shape by shape: crane, docker, containerd,
 * BuildKit, Podman and skopeo (containers/image), oras and helm. `{upload}` is the URL that the last
 * upload of this client goes on at.
 */

const OCI = 'application/vnd.oci.image.'
const DOCKER = 'application/vnd.docker.distribution.'
const MANIFEST_TYPES = [
  `${OCI}manifest.v1+json`,
  `${OCI}index.v1+json`,
  `${DOCKER}manifest.v2+json`,
  `${DOCKER}manifest.list.v2+json`,
  `${DOCKER}manifest.v1+prettyjws`,
]

/** The content that clients push; few, so that they meet what they pushed before. */
const BLOBS = [
  '',
  'a layer',
  '{"architecture":"amd64","os":"linux"}',
  'x'.repeat(3000),
  '\x1f\x8b\x08\xff',
]
const TAGS = ['latest', 'v1', '1.2.3', 'V1.0_x-y', 'tags', 'list', 'uploads', '_catalog'.slice(1)]

/** Names that hold the words of the paths: a path is read from its end. */
export function repositoriesOf(client: number): readonly string[] {
  const own = `team-a/c${client}`
  return [own, `${own}/manifests/blobs`, `${own}/tags/list`, `${own}/blobs/uploads`]
}

/** Everybody in team-a may mount from it; nobody changes it. */
export const BASE = { repository: 'team-a/base', blobs: ['a base layer', 'another base layer'] }

const MANIFESTS = manifests()

function manifests(): readonly (readonly [type: string, text: string])[] {
  const describe = (mediaType: string, text: string) => ({
    ...{ mediaType, digest: digestOf(text), size: text.length },
  })
  const image = (type: string, config: string, layer: string, more: object = {}) =>
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType: type },
      config: describe(config, BLOBS[2] ?? ''),
      layers: [describe(layer, BLOBS[1] ?? '')],
      ...more,
    })
  const oci = image(`${OCI}manifest.v1+json`, `${OCI}config.v1+json`, `${OCI}layer.v1.tar`)
  const docker = image(
    `${DOCKER}manifest.v2+json`,
    'application/vnd.docker.container.image.v1+json',
    'application/vnd.docker.image.rootfs.diff.tar.gzip',
  )
  const type = `${OCI}manifest.v1+json`
  const subject = image(type, `${OCI}config.v1+json`, `${OCI}layer.v1.tar`, {
    artifactType: 'application/spdx+json',
    subject: describe(type, oci),
  })
  const index = JSON.stringify({
    ...{ schemaVersion: 2, mediaType: `${OCI}index.v1+json` },
    manifests: [{ ...describe(type, oci), platform: { architecture: 'amd64', os: 'linux' } }],
  })
  return [
    [type, oci],
    [`${DOCKER}manifest.v2+json`, docker],
    [type, subject],
    [`${OCI}index.v1+json`, index],
    [type, 'not JSON'],
    [type, '{}'],
  ]
}

/** Clients write the colon of a digest in a path or a query both ways. */
function digest(random: Random, text: string): string {
  const plain = digestOf(text)
  return random.below(4) === 0 ? plain.replace(':', '%3A') : plain
}

const anyDigest = (random: Random) => digest(random, random.pick([...BLOBS, 'never pushed']))

const REFERENCES: readonly ((random: Random) => string)[] = [
  (random) => random.pick(TAGS),
  (random) => random.pick(TAGS),
  (random) => digest(random, random.pick(MANIFESTS)[1]),
  // The tag that stands for the referrers API, and a signature's.
  (random) => digestOf(random.pick(MANIFESTS)[1]).replace(':', '-'),
  (random) => `${digestOf(random.pick(MANIFESTS)[1]).replace(':', '-')}.sig`,
]
const reference = (random: Random) => random.pick(REFERENCES)(random)

/** What containerd adds when it goes through a mirror. */
const mirror = (random: Random) =>
  random.pick(['', '', '', '?ns=docker.io', '?ns=localhost%3A5000', '?ns=registry.k8s.io'])

/** docker sends a line for each type, others one line. */
function accept(random: Random): HeaderLine[] {
  return random.pick([
    [],
    [['Accept', '*/*']],
    [['Accept', MANIFEST_TYPES.join(', ')]],
    [['accept', `${MANIFEST_TYPES.join(', ')}, */*`]],
    MANIFEST_TYPES.map((type): HeaderLine => ['Accept', type]),
    [['Accept', random.pick(MANIFEST_TYPES)]],
  ])
}

type Shape = (
  random: Random,
  repository: string,
) => Omit<RawRequest, 'headers' | 'body'> & Partial<RawRequest>

const read = (random: Random) => random.pick(['GET', 'HEAD'])
const OCTETS: HeaderLine = ['Content-Type', 'application/octet-stream']

/** Types that clients give to bytes of a layer. */
const uploadType = (random: Random): HeaderLine[] =>
  random.pick([[OCTETS], [OCTETS], [], [['content-type', 'application/octet-stream']]])

/** A shape, and how often it comes. */
const SHAPES: readonly (readonly [weight: number, shape: Shape])[] = [
  [1, (random) => ({ method: read(random), target: random.pick(['/v2/', '/v2/', '/v2']) })],
  [
    4,
    (random, name) => ({
      method: read(random),
      target: `/v2/${name}/manifests/${reference(random)}${mirror(random)}`,
      headers: accept(random),
    }),
  ],
  [
    4,
    (random, name) => ({
      method: read(random),
      target: `/v2/${name}/blobs/${anyDigest(random)}${mirror(random)}`,
      headers: random.pick<HeaderLine[]>([
        [],
        [],
        [['Range', 'bytes=0-']],
        [['range', 'bytes=2-4']],
        [['Accept-Encoding', 'zstd;q=1.0, gzip;q=0.8']],
        [['Accept-Encoding', 'identity']],
      ]),
    }),
  ],
  [
    2,
    (random, name) => ({
      method: 'GET',
      target: `/v2/${name}/tags/list${random.pick(['', '?n=1000', '?n=2', '?n=1&last=v1', '?last=V1.0_x-y&n=1', '?n=0', '?ns=docker.io'])}`,
    }),
  ],
  [
    1,
    (random, name) => ({
      method: 'GET',
      target: `/v2/${name}/referrers/${digest(random, random.pick(MANIFESTS)[1])}${random.pick(['', '?artifactType=application%2Fspdx%2Bjson', '?n=10'])}`,
      headers: accept(random),
    }),
  ],
  // How an upload begins.
  [
    4,
    (random, name) => ({
      method: 'POST',
      target: `/v2/${name}/blobs/uploads/${random.pick(['', '', '?digest-algorithm=sha512'])}`,
      headers: random.pick<HeaderLine[]>([
        [],
        [],
        [['Content-Type', 'application/json']],
        [OCTETS],
      ]),
    }),
  ],
  [
    2,
    (random, name) => {
      const layer = random.pick([...BASE.blobs, 'never pushed'])
      const from = random.pick([
        BASE.repository,
        BASE.repository,
        BASE.repository.replace('/', '%2F'),
      ])
      return {
        method: 'POST',
        target: `/v2/${name}/blobs/uploads/?${random.pick([
          `mount=${digest(random, layer)}&from=${from}`,
          `from=${from}&mount=${digest(random, layer)}`,
          `from=${from}&mount=${digestOf(layer).replace(':', '%3A')}&origin=localhost%3A5080`,
          `mount=${digest(random, layer)}`,
        ])}`,
        headers: random.pick<HeaderLine[]>([[], [['Content-Type', 'application/json']]]),
      }
    },
  ],
  [
    1,
    (random, name) => {
      const body = random.pick(BLOBS)
      return {
        method: 'POST',
        target: `/v2/${name}/blobs/uploads/?digest=${digest(random, body)}`,
        headers: [OCTETS],
        body,
      }
    },
  ],
  // And how it goes on.
  [
    3,
    (random) => {
      const body = random.pick(BLOBS)
      const range: HeaderLine[] = random.pick([
        [],
        [['Content-Range', `0-${Math.max(0, body.length - 1)}`]],
      ])
      return {
        ...{ method: 'PATCH', target: '{upload}' },
        ...(random.below(3) === 0
          ? {
              headers: [...uploadType(random), ['Transfer-Encoding', 'chunked'] as const],
              body: chunked(body),
            }
          : { headers: [...uploadType(random), ...range], body }),
      }
    },
  ],
  [
    5,
    (random) => {
      const body = random.pick(BLOBS)
      return {
        method: 'PUT',
        target: `{upload}&digest=${digest(random, random.below(8) === 0 ? 'another' : body)}`,
        headers: uploadType(random),
        body,
      }
    },
  ],
  [2, (random) => ({ method: 'PUT', target: `{upload}&digest=${anyDigest(random)}` })],
  [
    1,
    (random) => ({
      method: read(random),
      target: random.pick(['{upload}', `{upload}&digest=${anyDigest(random)}`]),
    }),
  ],
  [1, () => ({ method: 'DELETE', target: '{upload}' })],
  [
    4,
    (random, name) => {
      const [type, body] = random.pick(MANIFESTS)
      const byDigest = random.below(3) === 0
      const tags = random.pick(['', '', '?tag=a', '?tag=1.2.3&tag=1.2&tag=1&tag=latest'])
      return {
        method: 'PUT',
        target: `/v2/${name}/manifests/${byDigest ? `${digest(random, body)}${tags}` : random.pick(TAGS)}`,
        headers: [['Content-Type', type]],
        body,
      }
    },
  ],
  [
    1,
    (random, name) => ({
      method: 'DELETE',
      target: `/v2/${name}/manifests/${random.pick([random.pick(TAGS), digest(random, random.pick(MANIFESTS)[1])])}`,
    }),
  ],
  [1, (random, name) => ({ method: 'DELETE', target: `/v2/${name}/blobs/${anyDigest(random)}` })],
]

const DECK = SHAPES.flatMap(([weight, shape]) => Array.from({ length: weight }, () => shape))

/** Lines that clients send with everything. */
const MANNERS: readonly (readonly HeaderLine[])[] = [
  [],
  [['User-Agent', 'containerd/v2.1.4+unknown']],
  [
    [
      'User-Agent',
      'docker/28.5.2 go/go1.24 (linux) UpstreamClient(Docker-Client/28.5.2 \\(linux\\))',
    ],
  ],
  [
    ['User-Agent', 'crane/0.22.1 go-containerregistry'],
    ['Accept-Encoding', 'gzip'],
  ],
  [
    ['User-Agent', 'skopeo/1.9.3'],
    ['Docker-Distribution-Api-Version', 'registry/2.0'],
  ],
  [
    ['User-Agent', 'buildkit/v0.24'],
    ['Traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
  ],
  [
    ['user-agent', 'oras-go'],
    ['accept-encoding', 'gzip'],
  ],
  [['authorization', 'bearer {token}']],
]

export function clientRequest(random: Random, client: number): RawRequest {
  const {
    headers = [],
    body = '',
    ...line
  } = random.pick(DECK)(random, random.pick(repositoriesOf(client)))
  return { ...line, headers: [...random.pick(MANNERS), ...headers], body }
}

function chunked(body: string): string {
  const half = Math.ceil(body.length / 2)
  const chunks = [body.slice(0, half), body.slice(half)].filter((chunk) => chunk !== '')
  return `${chunks.map((one) => `${one.length.toString(16)}\r\n${one}\r\n`).join('')}0\r\n\r\n`
}
