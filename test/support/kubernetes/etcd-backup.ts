import { cp, rm } from 'node:fs/promises'
import type { ControlPlane } from './control-plane.ts'

export interface EtcdBackup {
  /**
   * Puts etcd back to what it was. The API server is ended before and starts anew: one that went on running
   * would tell of both states, which is why Kubernetes' own instructions have it so.
   */
  restore(): Promise<void>
  remove(): Promise<void>
}

/** All that etcd knows at this moment; it is stopped for that and started again. */
export async function backUpEtcd(cluster: ControlPlane): Promise<EtcdBackup> {
  const { etcdDirectory: directory } = cluster
  const copy = `${directory}.backup`
  await cluster.etcd.stop()
  await cp(directory, copy, { recursive: true })
  await cluster.start('etcd')
  return {
    async restore() {
      await cluster.apiServer.kill()
      await cluster.etcd.kill()
      await rm(directory, { recursive: true })
      await cp(copy, directory, { recursive: true })
      await cluster.start('etcd')
      await cluster.start('kube-apiserver')
    },
    remove: () => rm(copy, { recursive: true, force: true }),
  }
}
