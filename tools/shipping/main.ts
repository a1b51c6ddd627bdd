import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { thirdPartyNotices } from './notices.ts'
import { sbomOf } from './sbom.ts'
import { readShipment } from './shipment.ts'

/** `npm run sbom`: what goes into the npm package beside the programs, into dist/. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

const { packages, lockfile } = await readShipment(ROOT)
const files = {
  'third-party-notices.txt': await thirdPartyNotices(ROOT, packages),
  'sbom.cdx.json': `${JSON.stringify(sbomOf({ lockfile, packages }), undefined, 2)}\n`,
}
for (const [name, text] of Object.entries(files)) {
  await writeFile(path.join(ROOT, 'dist', name), text)
  process.stdout.write(`dist/${name}\n`)
}
