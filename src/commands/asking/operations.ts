import type { Config } from '../../config/schema.ts'

/** Where the operations port is, if this machine is the one of the configuration. */
export function operationsOf({ listen }: Config): string {
  const { host, port } = listen.operations
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}
