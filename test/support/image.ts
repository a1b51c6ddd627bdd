import { createHash } from 'node:crypto'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { run } from './run.ts'

/** As the image specification spells them. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64' }

/** An engine that is root in a user namespace knows no other user. */
const OWNER = ['--owner=0', '--group=0', '--numeric-owner']

/** A tar with one file, in a new folder below `home`, made by the system's tar. */
async function layerTarball(home: string, content: string): Promise<string> {
  const folder = await mkdtemp(path.join(home, 'layer-'))
  await writeFile(path.join(folder, 'content'), content)
  await tar(folder, 'layer.tar', ['content'])
  return path.join(folder, 'layer.tar')
}

/**
 * The one-layer image of `content`, named as it will be pushed, as `docker save` would leave it. It
 * says for which machine it is: containerd takes no other.
 */
export async function imageTarball(
  home: string,
  content: string,
  reference: string,
): Promise<string> {
  const layer = await layerTarball(home, content)
  const folder = path.dirname(layer)
  const digest = createHash('sha256')
    .update(await readFile(layer))
    .digest('hex')
  const files = {
    'config.json': {
      architecture: ARCHITECTURES[process.arch] ?? process.arch,
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
    },
    'manifest.json': [{ Config: 'config.json', RepoTags: [reference], Layers: ['layer.tar'] }],
  }
  for (const [name, value] of Object.entries(files)) {
    await writeFile(path.join(folder, name), JSON.stringify(value))
  }
  await tar(folder, 'image.tar', ['layer.tar', ...Object.keys(files)])
  return path.join(folder, 'image.tar')
}

async function tar(folder: string, name: string, args: readonly string[]): Promise<void> {
  const made = await run('tar', ['-C', folder, '-cf', path.join(folder, name), ...OWNER, ...args])
  if (made.code !== 0) throw new Error(made.output)
}
