import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { CATALOGUE } from '../../tools/parts/catalogue.ts'
import { installParts } from '../../tools/parts/install.ts'
import { labelOf } from '../../tools/shipping/packages.ts'
import type { Sbom } from '../../tools/shipping/sbom.ts'
import { readShipment } from '../../tools/shipping/shipment.ts'
import { untilReady } from '../../tools/stack/child.ts'
import { craneClient } from '../support/clients.ts'
import { ask, fetchToken } from '../support/http.ts'
import { imageBases, NODE } from '../support/image/bases.ts'
import { createBuilder, MACHINE, type Builder } from '../support/image/buildah.ts'
import {
  createContainers,
  type Containers,
  type ContainerOptions,
} from '../support/image/container.ts'
import { readImage, type SavedImage } from '../support/image/layers.ts'
import { DOCUMENTS, filesFor, sums } from '../support/image/laid-out.ts'
import { fillMounted, MOUNT } from '../support/image/mounted.ts'
import { runOrThrow } from '../support/run.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** The repository, from dist/test/e2e. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

const TAG = 'localhost/rauth:test'
/** The second is found by the machine code of bcrypt. */
const LOGINS = [
  { username: 'team-a', password: 'plain' },
  { username: 'team-b', password: 'hashed', bcrypt: true },
]

const skip = process.getuid?.() !== 0 && 'images are built and run by root only'

describe('the image', { skip }, () => {
  let stack: Stack
  let builder: Builder
  let containers: Containers
  let folder: string
  let image: SavedImage
  /** File system of the image, as it came back through rauth. */
  let root: string

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-image-'))
    stack = await startStack({ registry: '3', registryAuth: true, envoy: true })
    builder = await createBuilder(stack.registry, stack.login('team-a'))
    containers = await createContainers()
    await builder.build(TAG)
    await builder.save(TAG, path.join(folder, 'saved'))
    image = await readImage(path.join(folder, 'saved'))
    root = path.join(folder, 'root')
  })
  after(async () => {
    await builder.remove()
    await containers.remove()
    await stack.stop()
    await rm(folder, { recursive: true })
  })

  it('is the program that was tested, with nothing beside it but what it needs', async () => {
    const shipment = await readShipment(ROOT)
    const files = [...image.entries.keys()].filter((name) => !name.endsWith('/'))
    assert.deepEqual(files.sort(), filesFor(shipment, MACHINE))
    for (const file of shipment.files) {
      const tested = await readFile(path.join(ROOT, 'dist', file), 'utf8')
      assert.ok((await image.read(`opt/rauth/${file}`)) === tested, file)
    }
  })

  it('says what it is, and how it is run', async () => {
    const { version } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as {
      version: string
    }
    const { Labels, ...config } = image.config
    assert.equal(image.architecture, MACHINE)
    assert.equal(Labels['org.opencontainers.image.version'], version, 'Dockerfile and package.json')
    for (const name of ['title', 'description', 'licenses']) {
      assert.ok(Labels[`org.opencontainers.image.${name}`], name)
    }
    assert.deepEqual(config, {
      ...{ User: '65532:65532', WorkingDir: '/etc/rauth', StopSignal: 'SIGTERM' },
      Env: [config.Env[0], 'NODE_ENV=production'],
      Entrypoint: ['/usr/local/bin/rauth'],
      Cmd: ['serve'],
      ExposedPorts: { '8080/tcp': {}, '9090/tcp': {}, '9191/tcp': {}, '9192/tcp': {} },
    })
  })

  it('has files of root that nobody may write, of one time', () => {
    for (const [name, line] of image.entries) {
      const program = /^usr\/local\/bin\/./.test(name)
      const mode = name.endsWith('/') ? 'drwxr-xr-x' : program ? '-r-xr-xr-x' : '-r--r--r--'
      assert.match(line, new RegExp(`^${mode} 0/0 +\\d+ 1970-01-01 00:00:00 `), line)
    }
  })

  it('is the same for whoever builds it, and for another machine but for its machine code', async () => {
    const { node24 } = await installParts(['node24'])
    const { runtime } = await imageBases()
    for (const architecture of ['amd64', 'arm64']) {
      const out = path.join(folder, `laid-out-${architecture}`)
      const args = ['tools/shipping/image.ts', '--out', out, '--base', runtime, '--node', NODE]
      await runOrThrow(node24, args, { cwd: ROOT, env: { TARGETARCH: architecture } })
      const laidOut = await sums(out)
      const own = /prebuilds\/linux-(?:x64|arm64)\//
      for (const [name, sum] of laidOut) {
        if (own.test(name) && architecture !== MACHINE) continue
        const text = await readFile(path.join(out, name))
        assert.ok(image.entries.has(name), name)
        if (text.includes(0)) continue
        assert.equal(
          createHash('sha256')
            .update(await image.read(name))
            .digest('hex'),
          sum,
          name,
        )
      }
      const machine = architecture === 'amd64' ? 'x64' : architecture
      assert.deepEqual(
        [...laidOut.keys()].filter((name) => own.test(name)),
        [`opt/rauth/node_modules/bcrypt/prebuilds/linux-${machine}/bcrypt.glibc.node`],
      )
    }
  })

  it('lists in its bill of materials what is in it: packages, Node, and those of its base', async () => {
    const sbom = JSON.parse(await image.read(`${DOCUMENTS}/sbom.cdx.json`)) as Sbom
    const { packages } = await readShipment(ROOT)
    const npm = sbom.components.filter(({ purl = '' }) => purl.startsWith('pkg:npm/'))
    assert.deepEqual(
      npm.map((one) => one['bom-ref']),
      [...new Set(packages.map(labelOf))].sort(),
    )
    const others = sbom.components.filter((one) => !npm.includes(one))
    assert.deepEqual(
      others.map(({ name }) => name),
      ['node', 'ca-certificates', 'libc6', 'libgcc-s1', 'libstdc++6', 'tzdata'],
    )
    assert.equal(others[0]?.version, CATALOGUE.node24.version)
    for (const { name, version, purl } of others.slice(1)) {
      assert.match(version, /^\d/, name)
      assert.ok(
        purl?.startsWith(`pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=`),
        purl,
      )
    }
  })

  it('goes through rauth into the registry, and comes back to its namespace alone', async () => {
    const reference = `${stack.registry}/team-a/rauth:v1`
    const pushed = await builder.push(TAG, reference)
    assert.equal(pushed.code, 0, pushed.output)
    const stranger = await craneClient(stack.registry, stack.login('team-b'))
    const refused = await stranger.crane('manifest', '--insecure', reference)
    await stranger.remove()
    assert.match(refused.output, /DENIED/)
    const owner = await craneClient(stack.registry, stack.login('team-a'))
    const archive = path.join(folder, 'root.tar')
    const exported = await owner.crane('export', '--insecure', reference, archive)
    await owner.remove()
    assert.equal(exported.code, 0, exported.output)
    await mkdir(root)
    await runOrThrow('tar', ['-C', root, '--numeric-owner', '-xpf', archive])
  })

  it('has no shell, no npm, nothing that gives rights, and no folder that all may write but /tmp', async () => {
    const programs: string[] = []
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (entry.isSymbolicLink()) continue
      const file = path.join(entry.parentPath, entry.name)
      const name = path.relative(root, file)
      const { mode } = await stat(file)
      assert.equal(mode & 0o6000, 0, `${name} is setuid or setgid`)
      if (name !== 'tmp') assert.equal(mode & 0o002, 0, `${name} can be written by all`)
      if (entry.isFile() && (mode & 0o111) !== 0) programs.push(`/${name}`)
    }
    const others = programs.filter((name) => !/\/lib(?:64)?\/.*\.so(?:\.|$)/.test(name))
    const commands = (await readShipment(ROOT)).programs.map(
      ({ command }) => `/usr/local/bin/${command}`,
    )
    assert.deepEqual(others.sort(), [NODE, ...commands].sort())
  })

  it('runs: its version, and a mistake in words', async () => {
    const options = { root, config: image.config }
    const version = await containers.run({ ...options, args: ['--version'] })
    assert.deepEqual([version.code, version.output], [0, '0.1.0\n'])
    const unmounted = await containers.run(options)
    assert.equal(unmounted.code, 1)
    const { msg, error } = JSON.parse(unmounted.output) as { msg: string; error: string }
    assert.equal(msg, 'rauth did not start')
    assert.match(error, /^there is no rauth\.yaml here: [^]*"realm" is missing/)
  })

  const USERS: Readonly<Record<string, ContainerOptions['user'] | undefined>> = {
    'its own user': undefined,
    'a user that it does not know, as OpenShift has them': { uid: 1_000_650_000, gid: 0 },
  }
  for (const [who, user] of Object.entries(USERS)) {
    it(`serves as ${who}, without rights and with a file system that is not to be written`, async () => {
      const mounted = await mkdtemp(path.join(folder, 'mounted-'))
      const { token, operations } = await fillMounted(mounted, LOGINS)
      const container = await containers.start(
        {
          ...{ root, config: image.config, mounts: { [MOUNT]: mounted } },
          ...(user === undefined ? {} : { user }),
        },
        path.join(mounted, 'log'),
      )
      try {
        await untilReady(container.child, () =>
          ask(operations, '/readyz').then(
            ({ status }) => status === 200,
            () => false,
          ),
        )
        for (const login of LOGINS) {
          const scope = `repository:${login.username}/app:pull`
          assert.match(await fetchToken(token, login, 'registry.test', scope), /^eyJ/)
        }
      } finally {
        // The first process of a container hears no signal that it does not ask for.
        assert.equal(await container.stop(), 'exit code 0')
      }
    })
  }
})
