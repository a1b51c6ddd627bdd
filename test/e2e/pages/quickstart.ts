import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startContainerd, type Engine } from '../../support/engine.ts'
import { refused, succeeded } from '../../support/expect.ts'
import { imageTarball } from '../../support/image.ts'
import { kubelet, type Kubelet } from '../../support/kubelet.ts'
import { podPulls } from '../../support/pages/pod-pull.ts'
import type { ReadersCluster } from '../../support/pages/readers-cluster.ts'
import type { Walk } from '../../support/pages/walk.ts'
import { until } from '../../support/until.ts'

const NODE = 'node-1'

export function quickstart(given: () => ReadersCluster): void {
  describe('docs/quickstart-kubernetes.md', () => {
    let reader: ReadersCluster
    let walk: Walk
    let engine: Engine
    before(async () => {
      reader = given()
      walk = reader.walk('docs/quickstart-kubernetes.md')
      engine = await startContainerd()
    })
    after(() => engine.stop())

    it('has these commands that need nodes, or a machine that builds images, and no others', () => {
      assert.deepEqual(walk.left().elsewhere, [
        'laptop: docker build -t rauth:1 .',
        'node: kubectl port-forward -n registry service/rauth-envoy 30500:80',
        'laptop: docker pull busybox:1.37',
        'node: kubectl wait pod/app -n team-a --for=condition=Ready --timeout=60s',
        'node: until kubectl get events -n team-b --field-selector=reason=Failed -o name | grep -q .; do sleep 1; done',
        'node: folder=/usr/local/libexec/kubernetes/credential-providers config=/etc/kubernetes/credential-provider-config.yaml',
        'node: kubectl wait pod/app -n team-c --for=condition=Ready --timeout=60s',
        'node: helm test rauth -n registry # do realm, keys, Envoy and registry fit together? Not with localhost, which is another one in a pod',
        'node: for node in $(kind get nodes); do',
        'node: helm uninstall rauth -n registry',
      ])
    })

    it('installs', async () => {
      const { stdout } = await walk.section('Install')
      assert.match(stdout, /^STATUS: deployed$/m)
      // Of a realm on localhost, which is no way into the cluster, and another one in a pod.
      assert.match(stdout, /^ {2}kubectl port-forward -n registry service\/rauth-envoy \d+:80$/m)
      assert.doesNotMatch(stdout, /helm test/)
      assert.equal(stdout.match(/successfully rolled out/g)?.length, 3)
      assert.match(stdout, /^www-authenticate: Bearer realm="http:\/\/localhost:\d+\/token",/im)
    })

    it('gives a namespace its Secret', async () => {
      const { stdout } = await walk.section('A namespace gets its Secret')
      assert.match(stdout, /^registry-credentials .*Opaque/m)
      assert.match(stdout, /^registry-pull-secret .*dockerconfigjson/m)
    })

    it('pushes, and not to another namespace', async () => {
      // The reader has it from Docker Hub.
      const tarball = await imageTarball(reader.home, 'busybox', 'busybox:1.37')
      succeeded(await walk.shell(`docker load --input ${tarball}`))
      const { output } = await walk.section('Push')
      assert.match(output, /Login Succeeded/)
      assert.match(output, /^v1: digest: sha256:/m)
      assert.match(output, /denied/)
    })

    it("pulls with the namespace's Secret, and with that of another it does not", async () => {
      const { stdout } = await walk.section("Pull with the namespace's Secret")
      assert.match(stdout, /^\[\{"name":"registry-pull-secret"\}\]$/m)
      const { pull } = podPulls(reader.cluster.api, NODE, engine)
      const own = await pull({ namespace: 'team-a', name: 'app' })
      assert.equal(own.logins, 1)
      succeeded(own.pulled)
      const thief = await pull({ namespace: 'team-b', name: 'thief' })
      assert.equal(thief.logins, 1)
      refused(thief.pulled, /403 Forbidden|insufficient_scope/)
    })

    it('pulls without a Secret', async () => {
      const { output } = await walk.section('Pull without a Secret')
      assert.match(output, /No resources found in team-c namespace/)
      let node: Kubelet | undefined
      try {
        const configured = path.join(reader.home, 'credential-provider-config.yaml')
        node = await kubelet(reader.cluster, {
          ...{ node: NODE, provider: 'script' },
          configure: () => readFileSync(configured, 'utf8'),
        })
        const { pull } = podPulls(reader.cluster.api, NODE, engine, node)
        const { logins, pulled } = await pull({ namespace: 'team-c', name: 'app' })
        assert.equal(logins, 1)
        succeeded(pulled)
      } finally {
        await node?.remove()
      }
    })

    it('has flags for the kubelet that are added to those of kubeadm', async () => {
      const flags = path.join(reader.home, 'kubeadm-flags.env')
      const page = readFileSync(path.join(reader.home, 'docs/quickstart-kubernetes.md'), 'utf8')
      const [, edit = ''] = /sed -i \\\n *(".*?") \\\n/.exec(page) ?? []
      const { stdout } = await walk.shell(`
        folder=/bin-dir config=/config.yaml
        echo 'KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.1"' > ${flags}
        sed -i ${edit} ${flags}
        . ${flags}
        echo "$KUBELET_KUBEADM_ARGS"`)
      assert.deepEqual(stdout.trim().split(' '), [
        '--node-ip=10.0.0.1',
        '--image-credential-provider-config=/config.yaml',
        '--image-credential-provider-bin-dir=/bin-dir',
      ])
    })

    it('was walked up to its end, which is tried at the end of all pages', () => {
      assert.deepEqual(walk.left().headings, ['A host of its own'])
    })
  })
}

/** The end of that page: what is tried behind it has no host that leads here. */
export function hostOfItsOwn(given: () => ReadersCluster): void {
  it('docs/quickstart-kubernetes.md: a host of its own is in the pull Secrets', async () => {
    const walk = given().walk('docs/quickstart-kubernetes.md')
    await walk.section('A host of its own')
    const read =
      "kubectl get secret registry-pull-secret -n team-b -o 'jsonpath={.data.\\.dockerconfigjson}'"
    await until('the host in the pull Secret', 20_000, async () => {
      const { stdout } = await walk.shell(`${read} | base64 -d`)
      return stdout.includes('"registry.example"')
    })
  })
}
