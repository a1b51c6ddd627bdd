import path from 'node:path'
import { installParts } from '../../../tools/parts/install.ts'
import type { Image } from '../kubernetes/container.ts'

/** Where the bundled program is, from dist/test/support/chart. */
const DIST = path.resolve(import.meta.dirname, '../../..')

/** What stands for the images of the chart: the programs that the tests have. */
export async function chartImages(): Promise<Readonly<Record<string, Image>>> {
  const { envoy, registry3 } = await installParts(['envoy', 'registry3'])
  return {
    rauth: {
      command: ['/image/node', '/image/rauth.js'],
      files: {
        '/image/node': process.execPath,
        '/image/rauth.js': path.join(DIST, 'rauth.js'),
        '/image/rauth': path.join(DIST, 'rauth'),
      },
    },
    envoy: { command: ['/image/envoy'], files: { '/image/envoy': envoy } },
    registry: { command: ['/image/registry'], files: { '/image/registry': registry3 } },
  }
}
