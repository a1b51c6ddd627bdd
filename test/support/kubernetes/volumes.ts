import {
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import path from 'node:path'
import type { Api, Json } from './api.ts'

/** Of a pod what its volumes are made of. */
export interface VolumeOwner {
  readonly namespace: string
  readonly serviceAccountName: string
}

type Files = Readonly<Record<string, Buffer>>

interface Item {
  readonly key: string
  readonly path: string
}

/** What the kubelet knows how to mount, as far as charts use it. */
export interface Volume {
  readonly name: string
  readonly configMap?: {
    readonly name: string
    readonly items?: readonly Item[]
    readonly optional?: boolean
  }
  readonly secret?: { readonly secretName: string; readonly items?: readonly Item[] }
  readonly projected?: { readonly sources: readonly Source[] }
  readonly emptyDir?: Json
  readonly persistentVolumeClaim?: { readonly claimName: string }
}

interface Source {
  readonly secret?: { readonly name: string; readonly items?: readonly Item[] }
  readonly configMap?: { readonly name: string; readonly items?: readonly Item[] }
  readonly serviceAccountToken?: { readonly path: string; readonly audience?: string }
  readonly downwardAPI?: { readonly items: readonly { readonly path: string }[] }
}

export interface Volumes {
  /** The folder of a volume, as it is now. */
  place(volume: Volume, owner: VolumeOwner, folder: string): Promise<void>
}

/** Makes folders of volumes as the kubelet does: what can change lies behind the link `..data`, swapped whole. */
export function createVolumes(api: Api): Volumes {
  async function place(volume: Volume, owner: VolumeOwner, folder: string): Promise<void> {
    await mkdir(folder, { recursive: true })
    const files = await filesOf(volume, owner)
    if (files !== undefined) await swap(folder, files)
  }

  async function filesOf(volume: Volume, owner: VolumeOwner): Promise<Files | undefined> {
    const { configMap, secret, projected } = volume
    if (configMap !== undefined) {
      const { namespace } = owner
      const path = `/api/v1/namespaces/${namespace}/configmaps/${configMap.name}`
      if (configMap.optional && (await api.send('GET', path)).status === 404) return {}
      return dataOf('configmaps', owner, configMap.name, configMap.items)
    }
    if (secret !== undefined) return dataOf('secrets', owner, secret.secretName, secret.items)
    if (projected === undefined) return undefined
    const parts = await Promise.all(projected.sources.map((source) => sourceOf(source, owner)))
    return Object.assign({}, ...parts) as Files
  }

  async function sourceOf(source: Source, owner: VolumeOwner): Promise<Files> {
    const { secret, configMap, serviceAccountToken: token, downwardAPI } = source
    if (secret !== undefined) return dataOf('secrets', owner, secret.name, secret.items)
    if (configMap !== undefined) return dataOf('configmaps', owner, configMap.name, configMap.items)
    if (token !== undefined) {
      const { namespace, serviceAccountName } = owner
      const account = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccountName}`
      const spec = token.audience === undefined ? {} : { audiences: [token.audience] }
      const { status } = await api.expect('POST', `${account}/token`, { spec })
      return { [token.path]: Buffer.from((status as { token: string }).token) }
    }
    const items = downwardAPI?.items ?? []
    return Object.fromEntries(items.map((item) => [item.path, Buffer.from(owner.namespace)]))
  }

  async function dataOf(
    plural: 'secrets' | 'configmaps',
    { namespace }: VolumeOwner,
    name: string,
    items: readonly Item[] | undefined,
  ): Promise<Files> {
    const { data = {} } = (await api.expect(
      'GET',
      `/api/v1/namespaces/${namespace}/${plural}/${name}`,
    )) as { data?: Readonly<Record<string, string>> }
    const encoding = plural === 'secrets' ? 'base64' : 'utf8'
    const all = Object.entries(data).map(
      ([key, text]) => [key, Buffer.from(text, encoding)] as const,
    )
    if (items === undefined) return Object.fromEntries(all)
    return Object.fromEntries(
      items.map(({ key, path: at }) => {
        const found = all.find(([one]) => one === key)
        if (found === undefined) throw new Error(`${plural} ${name} has no ${key}`)
        return [at, found[1]]
      }),
    )
  }

  return { place }
}

let versions = 0

/** Nothing happens where the files are the same, as the kubelet does. */
async function swap(folder: string, files: Files): Promise<void> {
  const before = await readlink(path.join(folder, '..data')).catch(() => undefined)
  if (before !== undefined && (await isSame(path.join(folder, before), files))) return
  const version = `..version-${String((versions += 1))}`
  await mkdir(path.join(folder, version))
  for (const [name, content] of Object.entries(files)) {
    await writeFile(path.join(folder, version, name), content)
  }
  await symlink(version, path.join(folder, '..data_tmp'))
  await rename(path.join(folder, '..data_tmp'), path.join(folder, '..data'))
  const there = (await readdir(folder)).filter((name) => !name.startsWith('..'))
  for (const name of Object.keys(files)) {
    if (!there.includes(name)) await symlink(path.join('..data', name), path.join(folder, name))
  }
  for (const name of there) if (!(name in files)) await rm(path.join(folder, name))
  if (before !== undefined) await rm(path.join(folder, before), { recursive: true })
}

async function isSame(folder: string, files: Files): Promise<boolean> {
  const names = await readdir(folder)
  if (names.length !== Object.keys(files).length) return false
  for (const [name, content] of Object.entries(files)) {
    if (!names.includes(name)) return false
    if (!(await readFile(path.join(folder, name))).equals(content)) return false
  }
  return true
}
