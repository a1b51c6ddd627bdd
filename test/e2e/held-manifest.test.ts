import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { Readable } from 'node:stream'
import { after, before, describe, it } from 'node:test'
import { isMap, isSeq, type Document } from 'yaml'
import { ask, fetchToken } from '../support/http.ts'
import { startStack, type Stack } from '../support/stack.ts'

const MANIFEST = JSON.stringify({
  ...{ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json' },
  manifests: [],
})
const HALF = MANIFEST.length / 2

const ROUTES = [
  ...['static_resources', 'listeners', 0, 'filter_chains', 0, 'filters', 0, 'typed_config'],
  ...['route_config', 'virtual_hosts', 0, 'routes'],
]

/** How long a request for a manifest may last by the shipped configuration, put down to so many seconds. */
function shorten(seconds: number): (document: Document) => void {
  return (document) => {
    const routes = document.getIn(ROUTES)
    const all = isSeq(routes) ? routes.items : []
    const at = all.findIndex((one) => isMap(one) && one.hasIn(['match', 'safe_regex']))
    const place = [...ROUTES, at, 'route', 'max_stream_duration', 'max_stream_duration']
    assert.equal(document.getIn(place), '60s')
    document.setIn(place, `${seconds}s`)
  }
}

describe('a manifest whose body is held back', () => {
  let stack: Stack
  before(async () => {
    const editEnvoy = shorten(4)
    stack = await startStack({ registry: '3', registryAuth: false, envoy: true, editEnvoy })
  })
  after(() => stack.stop())

  const scope = 'repository:team-a/app:pull,push'
  async function put(tag: string, body: Readable): Promise<number> {
    const token = await fetchToken(stack.token, stack.login('team-a'), stack.service, scope)
    const headers = {
      authorization: `Bearer ${token}`,
      ...{ 'content-type': 'application/vnd.oci.image.index.v1+json' },
      'content-length': String(MANIFEST.length),
    }
    const path = `/v2/team-a/app/manifests/${tag}`
    return ask(stack.entry, path, { method: 'PUT', headers, body }).then(
      ({ status }) => status,
      () => 0,
    )
  }
  const isThere = async (tag: string) => {
    const { status } = await ask(stack.upstream, `/v2/team-a/app/manifests/${tag}`, {
      ...{ method: 'HEAD', headers: { accept: '*/*' } },
    })
    return status === 200
  }
  const held = (seconds: number) =>
    Readable.from(
      (async function* () {
        yield MANIFEST.slice(0, HALF)
        await wait(seconds * 1000)
        yield MANIFEST.slice(HALF)
      })(),
    )

  it('is pushed if it comes soon', async () => {
    assert.equal(await put('soon', held(0)), 201)
    assert.ok(await isThere('soon'))
  })

  it('is not pushed if it comes late', async () => {
    assert.notEqual(await put('late', held(8)), 201)
    assert.equal(await isThere('late'), false)
  })
})
