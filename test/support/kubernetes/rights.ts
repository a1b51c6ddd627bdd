import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { until } from '../until.ts'
import type { Api, Identity } from './api.ts'
import { collectionOf, create, manifestsOf } from './manifests.ts'

/** The repository, from dist/test/support/kubernetes. */
const ROOT = path.resolve(import.meta.dirname, '../../../..')

/** Milliseconds until the API server must act by the roles that it has. */
const EFFECT_LIMIT = 30_000

/** Makes all that a file of `examples/kubernetes` has, and gives the identity of its ServiceAccount. */
export async function rightsOf(api: Api, file: string, account = 'rauth'): Promise<Identity> {
  await makeAll(api, file)
  return tokenOf(api, account)
}

/** Makes all that a file of `examples/kubernetes` has. */
export async function makeAll(api: Api, file: string): Promise<void> {
  const text = await readFile(path.join(ROOT, 'examples/kubernetes', file), 'utf8')
  for (const { object, text: one } of manifestsOf(text)) {
    const collection = await collectionOf(api, object)
    if (collection === undefined) throw new Error(`nowhere for a ${String(object['kind'])}`)
    const { status, body } = await create(api, collection, one)
    // Some of it is in more than one file.
    if (status !== 201 && status !== 409) throw new Error(JSON.stringify(body))
  }
}

/** A token for a ServiceAccount of the namespace rauth. */
export async function tokenOf(api: Api, account = 'rauth'): Promise<{ readonly token: string }> {
  const path = `/api/v1/namespaces/rauth/serviceaccounts/${account}/token`
  const { status } = await api.expect('POST', path, { spec: {} })
  return { token: (status as { token: string }).token }
}

/** Waits until an identity is let, or not, at a path. */
export async function untilStatus(api: Api, path: string, status: number): Promise<void> {
  await until(`${status} for ${path}`, EFFECT_LIMIT, async () => {
    return (await api.send('GET', path)).status === status
  })
}
