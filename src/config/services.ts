import type { Config } from './schema.ts'

/** The realm of each service beside the main one, by its name. */
export function otherRealms({ services }: Config): ReadonlyMap<string, string> {
  return new Map(services.map(({ service, realm }) => [service, realm]))
}

/** The names of all services, the main one first. */
export function serviceNames({ service, services }: Config): readonly string[] {
  return [service, ...services.map((other) => other.service)]
}
