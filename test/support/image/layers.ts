import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { runOrThrow } from '../run.ts'
import type { ImageConfig } from './container.ts'

interface Descriptor {
  readonly digest: string
  readonly size: number
}

/** An image as `Builder.save` leaves it. */
export interface SavedImage {
  readonly architecture: string
  readonly config: ImageConfig
  /** What the Dockerfile adds, the top layer alone. */
  readonly added: Descriptor
  readonly layers: readonly Descriptor[]
  /** Lines of `tar -tv`, by the path; owners are numbers. */
  readonly entries: ReadonlyMap<string, string>
  /** A file of the top layer. */
  read(file: string): Promise<string>
  /** Puts all layers into the folder, one over the other; none of them takes away what one below has. */
  unpack(folder: string): Promise<void>
}

export async function readImage(folder: string): Promise<SavedImage> {
  const blob = ({ digest }: Pick<Descriptor, 'digest'>) =>
    path.join(folder, 'blobs', ...digest.split(':'))
  const readJson = async (file: string): Promise<unknown> =>
    JSON.parse(await readFile(file, 'utf8'))
  const { manifests } = (await readJson(path.join(folder, 'index.json'))) as {
    readonly manifests: readonly [Descriptor]
  }
  const { config, layers } = (await readJson(blob(manifests[0]))) as {
    readonly config: Descriptor
    readonly layers: readonly Descriptor[]
  }
  const image = (await readJson(blob(config))) as {
    readonly architecture: string
    readonly config: ImageConfig
  }
  const added = layers.at(-1)
  if (added === undefined) throw new Error(`${folder} has no layer`)
  const tarball = blob(added)
  const { stdout } = await runOrThrow('tar', ['--numeric-owner', '--full-time', '-tvzf', tarball])
  const lines = stdout.trimEnd().split('\n')
  let unpacked: Promise<string> | undefined
  const unpackAdded = async () => {
    const to = path.join(folder, 'added')
    await mkdir(to)
    await runOrThrow('tar', ['-C', to, '-xzf', tarball])
    return to
  }
  return {
    ...{ architecture: image.architecture, config: image.config, added, layers },
    entries: new Map(lines.map((line) => [line.replace(/^.* /, ''), line])),
    // Unpacked once: there are a hundred of them.
    read: async (file) => readFile(path.join(await (unpacked ??= unpackAdded()), file), 'utf8'),
    async unpack(to) {
      for (const layer of layers) await runOrThrow('tar', ['-C', to, '-xpzf', blob(layer)])
    },
  }
}
