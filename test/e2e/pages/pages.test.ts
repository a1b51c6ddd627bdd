import { after, before, describe } from 'node:test'
import { missingHere } from '../../../tools/test/clients.ts'
import { startReadersCluster, type ReadersCluster } from '../../support/pages/readers-cluster.ts'
import { backup } from './backup.ts'
import { emergencyRevocation } from './emergency-revocation.ts'
import { keyRotation } from './key-rotation.ts'
import { hostOfItsOwn, quickstart } from './quickstart.ts'
import { upgrade } from './upgrade.ts'

/** The pages of docs/ that are about a cluster, one after the other as a reader goes through them, on one cluster. */
describe('the pages about a cluster', { skip: missingHere('docker28', process.env) }, () => {
  let reader: ReadersCluster
  before(async () => {
    reader = await startReadersCluster()
  })
  after(() => reader.stop())

  quickstart(() => reader)
  upgrade(() => reader)
  keyRotation(() => reader)
  emergencyRevocation(() => reader)
  hostOfItsOwn(() => reader)
  backup(() => reader)
})
