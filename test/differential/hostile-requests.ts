import { Random } from '../support/random.ts'
import { DIGESTS, OTHERS } from './canaries.ts'
import { MUTATIONS } from './mutations.ts'
import type { RawRequest } from './raw-request.ts'

/** What team-a would send to get at what others have: a request and what was done to it. */

/** A repository of team-a's that such requests name; clients use others. */
export const OWN = 'team-a/app'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const MANIFEST_PUT = [['Content-Type', MANIFEST]] as const
const ACCEPT = [['Accept', MANIFEST]] as const
const EVIL =
  '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}'

const read = (random: Random) => random.pick(['GET', 'GET', 'HEAD'])

type Base = (random: Random, name: string) => Partial<RawRequest> & { readonly target: string }

const BASES: readonly Base[] = [
  (_random, name) => ({ target: `/v2/${name}/tags/list` }),
  (random, name) => ({
    ...{ method: read(random), target: `/v2/${name}/manifests/${DIGESTS.tag}` },
    headers: ACCEPT,
  }),
  (random, name) => ({
    ...{ method: read(random), target: `/v2/${name}/manifests/${DIGESTS.manifest}` },
    headers: ACCEPT,
  }),
  (random, name) => ({
    method: read(random),
    target: `/v2/${name}/blobs/${random.pick([DIGESTS.layer, DIGESTS.config])}`,
  }),
  (_random, name) => ({ target: `/v2/${name}/referrers/${DIGESTS.manifest}` }),
  () => ({ target: '/v2/_catalog' }),
  () => ({ target: '/v2/_catalog?n=100' }),
  () => ({ target: '/v2/' }),
  (_random, name) => ({
    ...{ method: 'PUT', target: `/v2/${name}/manifests/${name === OWN ? 'evil' : DIGESTS.tag}` },
    ...{ headers: [['Content-Type', 'application/vnd.oci.image.index.v1+json']], body: EVIL },
  }),
  (random, name) => ({
    method: 'DELETE',
    target: `/v2/${name}/manifests/${random.pick([DIGESTS.tag, DIGESTS.manifest])}`,
  }),
  (_random, name) => ({ method: 'DELETE', target: `/v2/${name}/blobs/${DIGESTS.layer}` }),
  (_random, name) => ({ method: 'POST', target: `/v2/${name}/blobs/uploads/` }),
  ...[...mounts(), ...mounts(), ...mounts()],
  (random) => ({
    method: random.pick(['GET', 'PATCH', 'PUT', 'DELETE']),
    target: '{b-upload}',
    body: 'x',
  }),
  (random) => ({
    ...{ method: random.pick(['GET', 'PATCH', 'PUT', 'DELETE', 'POST']), body: 'x' },
    target: `/v2/${OWN}/blobs/uploads/{b-id}?_state={b-state}`,
  }),
  // A manifest of one's own that names the content of others.
  () => ({
    ...{ method: 'PUT', target: `/v2/${OWN}/manifests/evil`, headers: MANIFEST_PUT },
    body: JSON.stringify({
      ...{ schemaVersion: 2, mediaType: MANIFEST },
      config: { mediaType: `${MANIFEST}.config`, digest: DIGESTS.config, size: 1 },
      layers: [{ mediaType: `${MANIFEST}.layer`, digest: DIGESTS.layer, size: 1 }],
    }),
  }),
]

function mounts(): readonly Base[] {
  const start = (query: string, more: Partial<RawRequest> = {}) => ({
    ...{ method: 'POST', target: `/v2/${OWN}/blobs/uploads/${query}` },
    ...more,
  })
  const other = (random: Random) => random.pick(OTHERS)
  return [
    (random) => start(`?mount=${DIGESTS.layer}&from=${other(random)}`),
    (random) => start(`?from=${other(random)}&mount=${DIGESTS.config}`),
    () => start(`?mount=${DIGESTS.layer}`),
    (random) => ({
      method: random.pick(['POST', 'POST', 'PATCH', 'PUT']),
      target: `{a-upload}&mount=${DIGESTS.layer}&from=${other(random)}`,
    }),
    (random) => start('', { body: `mount=${DIGESTS.layer}&from=${other(random)}` }),
    (random) =>
      start('', { body: `mount=${DIGESTS.layer}&from=${other(random).replace('/', '%2F')}` }),
  ]
}

/** A mutation, and what makes its own choices the same again. */
export type Step = readonly [mutation: number, seed: number]

export interface Hostile {
  readonly base: number
  readonly seed: number
  readonly steps: readonly Step[]
}

export function hostile(random: Random): Hostile {
  const steps = random.pick([0, 1, 1, 1, 2, 2, 3, 4])
  return {
    base: random.below(BASES.length),
    seed: random.below(2 ** 31),
    steps: Array.from({ length: steps }, () => [
      random.below(MUTATIONS.length),
      random.below(2 ** 31),
    ]),
  }
}

export function hostileRequest({ base, seed, steps }: Hostile): RawRequest {
  const random = new Random(seed)
  // Most go straight for what others have.
  const name = random.below(5) === 0 ? OWN : random.pick(OTHERS)
  const start: RawRequest = {
    ...{ method: 'GET', headers: [], body: '' },
    ...BASES[base]?.(random, name),
  } as RawRequest
  return steps.reduce(
    (request, [mutation, own]) => MUTATIONS[mutation]?.(request, new Random(own)) ?? request,
    start,
  )
}
